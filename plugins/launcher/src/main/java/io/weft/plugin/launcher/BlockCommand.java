// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.plugin.log.file.StoredLogs;
import io.weft.plugin.store.file.MendedBlocks;
import io.weft.recovery.replay.RedoIndex;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weft block}: the commands about blocks in quarantine. */
@Command(
    name = "block",
    mixinStandardHelpOptions = true,
    description = "Commands about blocks that cannot be recovered.",
    subcommands = {BlockCommand.Check.class, BlockCommand.Forget.class})
final class BlockCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  BlockCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command: check, forget.");
  }

  /** Where blocks and logs are. */
  static final class Where {
    @Option(
        names = "--store",
        required = true,
        paramLabel = "DIRECTORY",
        description = "The directory of the blocks (weft.store.file.directory).")
    private Path store;

    @Option(
        names = "--logs",
        paramLabel = "DIRECTORY",
        description = "The directory of the redo logs; usually \"redo\" in that of the blocks.")
    private Optional<Path> logs = Optional.empty();

    /** For picocli. */
    Where() {}

    StoredLogs openLogs() {
      return StoredLogs.open(logs.orElseGet(() -> store.resolve("redo")));
    }
  }

  /**
   * What is known of a block: what it has on disk, and what redo and past images make of it.
   *
   * @param onDisk the version, or {@link RecoveryRedo#UNREADABLE}
   * @param reached the version of the best image
   * @param newest the newest version that it is known to have had
   * @param isKnown whether there may be no newer one
   * @param problem why a recovery puts it into quarantine
   */
  private record Finding(
      long onDisk, long reached, long newest, boolean isKnown, Optional<String> problem) {

    /** The same of a block that has had a version, of which nothing here may tell any more. */
    Finding atLeast(long version) {
      return version <= newest
          ? this
          : new Finding(
              onDisk,
              reached,
              version,
              isKnown,
              problem.or(
                  () -> Optional.of("disk and redo go to version " + reached + " of " + version)));
    }
  }

  /**
   * Does what a recovery does with a block, but for writing it; leaves the best image in memory,
   * also of past images that nodes have kept beside the block.
   *
   * @param changesNothing whether an image that cannot be read now, and may be whole, is only told
   *     of; else that is an error, because the image would be given up
   */
  private static Finding look(
      MendedBlocks blocks,
      RedoIndex redo,
      BlockId block,
      List<Long> pastVersions,
      MemorySegment physical,
      boolean changesNothing) {
    Finding finding = lookAtPlace(blocks, redo, block, physical);
    long best = finding.reached();
    long newest = finding.newest();
    String leads = "";
    String damaged = "";
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment past = arena.allocate(blocks.layout().physicalBytes(), 4_096);
      for (long version : pastVersions) {
        newest = Math.max(newest, version); // a damaged one, too: recovery goes no less far
        String image = "; the past image of version " + version + " that a node has kept beside it";
        try {
          if (!blocks.readPast(block.file(), block.number(), version, past)) {
            damaged += image + " is damaged";
            continue;
          }
        } catch (WeftException e) {
          if (!changesNothing) {
            throw e;
          }
          damaged += image + " cannot be read: " + e.getMessage();
          continue;
        }
        long reached = replay(redo, block, past, version);
        if (reached > best) {
          best = reached;
          physical.copyFrom(past);
          leads = image + " leads to version " + reached;
        }
      }
    }
    if (finding.isKnown() && best >= newest) {
      return new Finding(finding.onDisk(), best, newest, true, Optional.empty());
    }
    String place =
        finding
            .problem()
            .orElse("disk and redo go to version " + finding.reached() + " of " + newest);
    return new Finding(
        finding.onDisk(), best, newest, finding.isKnown(), Optional.of(place + leads + damaged));
  }

  /** Applies redo to an image; if versions are missing, leaves it as it is. */
  private static long replay(RedoIndex redo, BlockId block, MemorySegment physical, long version) {
    MemorySegment content = physical.asSlice(BlockLayout.HEADER_BYTES);
    byte[] before = content.toArray(ValueLayout.JAVA_BYTE);
    try {
      return redo.apply(block.file(), block.number(), content, version);
    } catch (WeftException _) {
      MemorySegment.copy(before, 0, content, ValueLayout.JAVA_BYTE, 0, before.length);
      return version;
    }
  }

  private static Finding lookAtPlace(
      MendedBlocks blocks, RedoIndex redo, BlockId block, MemorySegment physical) {
    MemorySegment content = physical.asSlice(BlockLayout.HEADER_BYTES);
    long version;
    String unreadable = "";
    try {
      version = blocks.read(block.file(), block.number(), physical);
    } catch (WeftException e) {
      version = RecoveryRedo.UNREADABLE;
      unreadable = e.getMessage();
    }
    long claimed =
        version == RecoveryRedo.UNREADABLE
            ? BlockHeader.claimedVersion(physical, block.file(), block.number())
            : version;
    long newest = Math.max(claimed, redo.lastVersion(block.file(), block.number()));
    if (version == RecoveryRedo.UNREADABLE) {
      content.fill((byte) 0);
    }
    byte[] before = content.toArray(ValueLayout.JAVA_BYTE);
    try {
      long reached = redo.apply(block.file(), block.number(), content, version);
      boolean proven = version != RecoveryRedo.UNREADABLE || claimed >= 0 && reached >= claimed;
      return new Finding(
          version,
          reached,
          newest,
          claimed >= 0,
          proven
              ? Optional.empty()
              : Optional.of(
                  unreadable
                      + "; redo goes to version "
                      + reached
                      + (claimed < 0 ? ", and the header is unreadable" : " of " + claimed)));
    } catch (WeftException e) {
      MemorySegment.copy(before, 0, content, ValueLayout.JAVA_BYTE, 0, before.length);
      return new Finding(
          version,
          version,
          newest,
          claimed >= 0,
          Optional.of((unreadable + " " + e.getMessage()).strip()));
    }
  }

  /** {@code weft block check}: which blocks a recovery cannot make. */
  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Looks at every block that the sealed redo logs name, or that nodes have kept a past image"
            + " of, and lists those that a recovery puts into quarantine. Changes nothing.",
        "Exit code: 0 none, 1 some."
      })
  static final class Check implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Where where;
    @Mixin private CommonOptions options;

    /** For picocli. */
    Check() {}

    @Override
    public Integer call() {
      ConsoleLog.install(options.verbose());
      PrintWriter out = spec.commandLine().getOut();
      ObjectNode json = JsonOutput.object();
      ArrayNode list = json.putArray("quarantined");
      long[] seen = {0};
      try (SealedLogs logs = new SealedLogs(where.openLogs());
          MendedBlocks blocks = MendedBlocks.open(where.store);
          Arena arena = Arena.ofConfined()) {
        MemorySegment physical = arena.allocate(blocks.layout().physicalBytes(), 4_096);
        RedoIndex redo = logs.refresh();
        Map<BlockId, List<Long>> pasts = blocks.pastVersions();
        Consumer<BlockId> check =
            block -> {
              seen[0]++;
              Finding finding =
                  look(blocks, redo, block, pasts.getOrDefault(block, List.of()), physical, true);
              finding
                  .problem()
                  .ifPresent(
                      problem -> {
                        list.addObject()
                            .put("block", block.toString())
                            .put("newest", finding.newest())
                            .put("problem", problem);
                        if (!options.json()) {
                          out.println(block + "  " + problem);
                        }
                      });
            };
        redo.forEachBlock(check);
        pasts.keySet().stream()
            .filter(block -> redo.lastVersion(block.file(), block.number()) == 0)
            .forEach(check);
      }
      if (options.json()) {
        JsonOutput.print(out, json.put("checked", seen[0]));
      } else {
        out.println(seen[0] + " blocks checked, " + list.size() + " cannot be recovered");
      }
      out.flush();
      return list.isEmpty() ? ExitCode.DONE : ExitCode.FAILURE;
    }
  }

  /** {@code weft block forget}: gives up what cannot be had back of a block. */
  @Command(
      name = "forget",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Makes a block readable that is in quarantine: with the newest content that disk, redo or a"
            + " past image kept beside the blocks still has, or zeros, in the newest version that"
            + " is known. What it had besides is lost. The bytes on disk are kept in a file; the"
            + " decision is noted in "
            + OperatorLog.FILE_NAME
            + ". A running cluster serves the block some seconds later.",
        "Exit code: 0 done, 1 not done."
      })
  static final class Forget implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Where where;
    @Mixin private CommonOptions options;

    @Parameters(paramLabel = "FILE:NUMBER", description = "The block.")
    private String name;

    @Option(names = "--accept-loss", description = "Do it; without this nothing is changed.")
    private boolean acceptLoss;

    @Option(
        names = "--at-least",
        paramLabel = "VERSION",
        description = {
          "A version that the block has had, if the log of its master names one that the storage"
              + " does not tell of any more."
        })
    private long atLeast;

    /** For picocli. */
    Forget() {}

    @Override
    public Integer call() {
      ConsoleLog.install(options.verbose());
      PrintWriter out = spec.commandLine().getOut();
      BlockId block = parse();
      try (SealedLogs logs = new SealedLogs(where.openLogs());
          MendedBlocks blocks = MendedBlocks.open(where.store);
          Arena arena = Arena.ofConfined()) {
        MemorySegment physical = arena.allocate(blocks.layout().physicalBytes(), 4_096);
        List<Long> pasts = blocks.pastVersions().getOrDefault(block, List.of());
        Finding finding =
            look(blocks, logs.refresh(), block, pasts, physical, false).atLeast(atLeast);
        if (finding.problem().isEmpty()) {
          out.println("block " + block + " can be read or recovered: nothing to forget");
          out.flush();
          return ExitCode.FAILURE;
        }
        long version = Math.max(1, finding.newest());
        out.println("block " + block + ": " + finding.problem().get());
        if (!acceptLoss) {
          out.println("with --accept-loss it gets version " + version + " of what is left");
          out.flush();
          return ExitCode.FAILURE;
        }
        forget(blocks, block, version, physical, out);
      }
      out.flush();
      return ExitCode.DONE;
    }

    private void forget(
        MendedBlocks blocks, BlockId block, long version, MemorySegment left, PrintWriter out) {
      Path kept;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment old = arena.allocate(blocks.layout().physicalBytes(), 4_096);
        try {
          blocks.read(block.file(), block.number(), old);
        } catch (WeftException _) {
          // What could be read of it is in memory all the same.
        }
        kept = blocks.keep(block.file(), block.number(), version, old);
      }
      OperatorLog.write(
          where.store, "block forget " + block + " version " + version + ", bytes in " + kept);
      blocks.write(block.file(), block.number(), version, left);
      blocks.dropPast(block.file(), block.number(), version);
      out.println("block " + block + " is version " + version + " now; its bytes are in " + kept);
    }

    private BlockId parse() {
      try {
        int colon = name.indexOf(':');
        return new BlockId(
            Integer.parseInt(name.substring(0, colon)), Long.parseLong(name.substring(colon + 1)));
      } catch (RuntimeException _) {
        throw new ParameterException(
            spec.commandLine(), "\"" + name + "\" is no block: write FILE:NUMBER, for example 7:3");
      }
    }
  }
}
