// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import io.weft.spi.faults.MachineFaults;
import io.weft.spi.runtime.NodeRuntime;
import jakarta.inject.Inject;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * A machine whose storage and clocks fail on command. Thread-safe.
 *
 * <pre>
 *   space none            writes, new files and new names fail with "No space left on device"
 *   space no-growth       what makes a file longer fails so; overwriting works
 *   space enough          ends the fault
 *   error KINDS N PERCENT the next N calls of these kinds, 0: all, fail with "Input/output error",
 *                         each with this probability; kinds: read,write,force,look,name
 *   error none            ends the fault
 *   wall MS               the wall clock is set forwards or back
 *   boot MS               the boot clock is set forwards
 *   suspend MS            the next pause of the process of about this length counts as a
 *                         suspension of the machine: nanoTime does not advance
 * </pre>
 */
public final class FaultyMachine implements MachineFaults {
  /** The commands, for messages. */
  private static final String KNOWN =
      "known are: space none|no-growth|enough, error KINDS N PERCENT, error none, wall MS, boot MS,"
          + " suspend MS";

  private final StorageTroubles troubles;
  private final FaultyFiles files;
  private final ClockTroubles clocks;

  /** Creates a machine without faults. */
  @Inject
  public FaultyMachine(FaultsSettings settings) {
    SplittableRandom random =
        settings.seed() == 0 ? new SplittableRandom() : new SplittableRandom(settings.seed());
    long skewMs = settings.wallSkew().toMillis();
    troubles = new StorageTroubles(random.split(), settings.lieAboutForce());
    files =
        new FaultyFiles(
            FileSystems.getDefault(), troubles, settings.journalPath().map(UndoJournal::ofProcess));
    clocks = new ClockTroubles(skewMs == 0 ? 0 : random.nextLong(-skewMs, skewMs + 1));
  }

  @Override
  public FileSystem files() {
    return files;
  }

  @Override
  public NodeRuntime clocks(NodeRuntime real) {
    return new FaultyRuntime(real, clocks);
  }

  @Override
  public void inject(String fault) {
    try {
      inject(fault.strip().split("\\s+"));
    } catch (ArrayIndexOutOfBoundsException | NumberFormatException e) {
      throw unknown(fault, Optional.of(e));
    }
  }

  private void inject(String... words) {
    switch (words[0]) {
      case "space" ->
          troubles.space(
              switch (words[1]) {
                case "none" -> StorageTroubles.Space.NONE;
                case "no-growth" -> StorageTroubles.Space.NO_GROWTH;
                case "enough" -> StorageTroubles.Space.ENOUGH;
                default -> throw unknown(String.join(" ", words), Optional.empty());
              });
      case "error" -> {
        if (words[1].equals("none")) {
          troubles.noErrors();
        } else {
          troubles.errors(kinds(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]));
        }
      }
      case "wall" -> clocks.stepWall(Long.parseLong(words[1]));
      case "boot" -> clocks.leapBoot(Long.parseLong(words[1]));
      case "suspend" -> clocks.expectSuspension(Long.parseLong(words[1]));
      default -> throw unknown(String.join(" ", words), Optional.empty());
    }
  }

  private static Set<StorageTroubles.Kind> kinds(String words) {
    Set<StorageTroubles.Kind> kinds = EnumSet.noneOf(StorageTroubles.Kind.class);
    for (String word : words.split(",")) {
      kinds.add(
          Arrays.stream(StorageTroubles.Kind.values())
              .filter(kind -> kind.name().toLowerCase(Locale.ROOT).equals(word))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "there is no kind of call '"
                              + word
                              + "'; there are "
                              + Arrays.stream(StorageTroubles.Kind.values())
                                  .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                                  .collect(Collectors.joining(", ")))));
    }
    return kinds;
  }

  private static IllegalArgumentException unknown(String fault, Optional<Exception> cause) {
    return new IllegalArgumentException(
        "there is no fault '" + fault + "'; " + KNOWN, cause.orElse(null));
  }
}
