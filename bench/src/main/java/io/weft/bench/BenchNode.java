// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.weft.api.BlockCache;
import io.weft.api.CacheStatistics;
import io.weft.api.Change;
import io.weft.api.ExclusiveLease;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.Locks;
import io.weft.api.Node;
import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.plugin.assembly.Assembly;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * One node of {@link BenchCluster} in a process of its own: a production node, assembled from the
 * distribution's plugins. It executes commands from standard input, one per line, and answers each
 * with a line on standard output.
 *
 * <pre>
 *   blocks NAME FILE NUMBER,...     name some blocks                        -> ok
 *   take NAME exclusive|shared      lease them one after the other          -> taken DISK TWO THREE NS,...
 *   serve SPIN_NS                   answer plain pings                      -> port PORT
 *   connect PORT SPIN_NS            connect to the plain pings' port        -> ok
 *   ping COUNT                      plain round trips                       -> pinged NS,...
 *   locks SET NAME,...              name some locks                         -> ok
 *   acquire SET BYTES               acquire and release them, with a value  -> acquired REMOTE NS,...
 *   contend SET NS                  acquire and release the first one       -> contended NS REMOTE
 *   hold FILE COUNT                 read blocks from number 0 on            -> ok
 *   change FILE COUNT               change blocks from number 0 on          -> ok
 *   pulse NAME                      touch blocks from now on                -> ok
 *   mark                            drop the pulse's measurements           -> ok
 *   felt                            touches since the mark: longest, p99    -> felt NS NS
 *   settled N                       await a complete view of nodes 0 to N-1 -> settled NANOTIME
 *   reach FILE COUNT KILLED NS N    read a killed node's blocks until then  -> reached NS NS NS
 * </pre>
 */
public final class BenchNode {
  private final BlockCache cache;
  private final Change change;
  private final Reading reading;
  private final Map<String, Blocks> blocks = new HashMap<>();
  private final Locks locks;
  private final LockOwner owner;
  private final Map<String, LockName[]> lockSets = new HashMap<>();
  private PlainSocket plain;

  private record Blocks(int file, long[] numbers) {}

  private final FailoverProbe probe;

  private BenchNode(Node node) {
    this.cache = node.cache();
    this.probe = new FailoverProbe(node);
    this.change = cache.newChange();
    this.reading = cache.newReading();
    this.locks = node.locks();
    this.owner = locks.newOwner("bench");
  }

  /** Takes the configuration and the directory of plugins. */
  public static void main(String[] args) throws IOException {
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Assembly assembly = Assembly.of(Path.of(args[0])).withPlugins(Path.of(args[1]));
    try (Node node = assembly.plan().start()) {
      System.out.println("ready");
      BenchNode bench = new BenchNode(node);
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        System.out.println(bench.answer(line.split(" ")));
      }
    }
  }

  private String answer(String[] words) throws IOException {
    return switch (words[0]) {
      case "blocks" -> {
        long[] numbers = Arrays.stream(words[3].split(",")).mapToLong(Long::parseLong).toArray();
        blocks.put(words[1], new Blocks(Integer.parseInt(words[2]), numbers));
        yield "ok";
      }
      case "take" -> take(blocks.get(words[1]), words[2].equals("exclusive"));
      case "serve" -> "port " + PlainSocket.serve(Long.parseLong(words[1]));
      case "connect" -> {
        plain = PlainSocket.connect(Integer.parseInt(words[1]), Long.parseLong(words[2]));
        yield "ok";
      }
      case "ping" -> ping(Integer.parseInt(words[1]));
      case "locks" -> {
        lockSets.put(
            words[1],
            Arrays.stream(words[2].split(",")).map(LockName::of).toArray(LockName[]::new));
        yield "ok";
      }
      case "acquire" -> acquire(lockSets.get(words[1]), Integer.parseInt(words[2]));
      case "contend" -> contend(lockSets.get(words[1])[0], Long.parseLong(words[2]));
      case "hold" -> {
        probe.hold(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
        yield "ok";
      }
      case "change" -> {
        probe.change(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
        yield "ok";
      }
      case "pulse" -> {
        probe.pulse(blocks.get(words[1]).file(), blocks.get(words[1]).numbers());
        yield "ok";
      }
      case "mark" -> {
        probe.mark();
        yield "ok";
      }
      case "felt" -> {
        Histogram felt = probe.felt();
        yield "felt " + felt.getMaxValue() + " " + felt.getValueAtPercentile(99);
      }
      case "reach" -> {
        FailoverProbe.Reached reached =
            probe.reach(
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Integer.parseInt(words[5]));
        yield String.format(
            Locale.ROOT,
            "reached %d %d %d",
            reached.longestNs(),
            reached.settledNs(),
            reached.detectedNs());
      }
      case "settled" -> "settled " + probe.settled(Integer.parseInt(words[1]));
      default -> throw new IllegalArgumentException("unknown command " + words[0]);
    };
  }

  private String take(Blocks wanted, boolean exclusive) {
    CacheStatistics before = cache.statistics();
    long[] nanos = new long[wanted.numbers.length];
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] =
          exclusive ? change(wanted.file, wanted.numbers[i]) : read(wanted.file, wanted.numbers[i]);
    }
    CacheStatistics after = cache.statistics();
    return String.format(
        Locale.ROOT,
        "taken %d %d %d %s",
        after.diskReads() - before.diskReads(),
        after.shipped2Hop() - before.shipped2Hop(),
        after.shipped3Hop() - before.shipped3Hop(),
        list(nanos));
  }

  /** Changes the block and returns how long the lease took. */
  private long change(int file, long number) {
    long start = System.nanoTime();
    ExclusiveLease lease = change.exclusive(file, number);
    long nanos = System.nanoTime() - start;
    MemorySegment counter = change.writable(lease, 0, Long.BYTES);
    counter.set(JAVA_LONG, 0, counter.get(JAVA_LONG, 0) + 1);
    change.commit();
    return nanos;
  }

  private long read(int file, long number) {
    long start = System.nanoTime();
    try (SharedLease lease = reading.shared(file, number)) {
      long nanos = System.nanoTime() - start;
      if (lease.content().get(JAVA_LONG, 0) == 0) {
        throw new IllegalStateException("block " + number + " has never been changed");
      }
      return nanos;
    }
  }

  private String acquire(LockName[] names, int valueBytes) {
    long before = locks.statistics().remoteGrants();
    long[] nanos = new long[names.length];
    for (int i = 0; i < names.length; i++) {
      long start = System.nanoTime();
      owner.acquire(names[i], LockMode.EX);
      nanos[i] = System.nanoTime() - start;
      if (valueBytes > 0) {
        owner.release(names[i], new byte[valueBytes]);
      } else {
        owner.release(names[i]);
      }
    }
    return "acquired " + (locks.statistics().remoteGrants() - before) + " " + list(nanos);
  }

  /** For that time; tells the time and how often the lock came from its master. */
  private String contend(LockName name, long nanos) {
    long before = locks.statistics().remoteGrants();
    long start = System.nanoTime();
    long elapsed;
    do {
      owner.acquire(name, LockMode.EX);
      owner.release(name);
      elapsed = System.nanoTime() - start;
    } while (elapsed < nanos);
    return "contended " + elapsed + " " + (locks.statistics().remoteGrants() - before);
  }

  private String ping(int count) throws IOException {
    long[] nanos = new long[count];
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      plain.ping();
      nanos[i] = System.nanoTime() - start;
    }
    return "pinged " + list(nanos);
  }

  private static String list(long[] values) {
    return Arrays.stream(values).mapToObj(Long::toString).collect(Collectors.joining(","));
  }
}
