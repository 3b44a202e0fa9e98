// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.grd.BucketMapDirectory;
import io.weft.plugin.hash.modulo.ModuloHashStrategy;
import io.weft.plugin.hash.ring.RingHashStrategy;
import io.weft.plugin.hash.ring.RingSettings;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of finding a block's master, from file and number to node id. Each invocation looks up
 * {@value #OPERATIONS} random blocks. References: reading an array at given places, which is the
 * minimum of a look-up, and a search in a {@link TreeMap}, a usual implementation of consistent
 * hashing.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class MasterLookupBenchmark {
  /** Operations of one invocation: many, so that the cost of reading the clock is negligible. */
  public static final int OPERATIONS = 4_096;

  private static final int NODES = 3;
  private static final int FILES = 4;
  private static final long NUMBERS = 1L << 24;

  private final int[] files = new int[OPERATIONS];
  private final long[] numbers = new long[OPERATIONS];
  private final int[] buckets = new int[OPERATIONS];
  private final byte[] array = new byte[Buckets.COUNT];
  private final TreeMap<Long, Integer> tree = new TreeMap<>();
  private ResourceDirectory ring;
  private ResourceDirectory modulo;

  /** Draws the blocks and builds the maps for three nodes. */
  @Setup
  public void prepare() {
    SplittableRandom random = new SplittableRandom(1);
    ring = directory(new RingHashStrategy(RingSettings.DEFAULTS));
    modulo = directory(new ModuloHashStrategy());
    for (int i = 0; i < OPERATIONS; i++) {
      files[i] = random.nextInt(FILES);
      numbers[i] = random.nextLong(NUMBERS);
      buckets[i] = Buckets.of(files[i], numbers[i]);
    }
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      array[bucket] = (byte) ring.masterOfBucket(bucket);
    }
    for (int node = 0; node < NODES; node++) {
      for (int i = 0; i < RingSettings.DEFAULTS.virtualNodes(); i++) {
        tree.put(random.nextLong(), node);
      }
    }
  }

  private static ResourceDirectory directory(HashStrategy strategy) {
    List<Member> members =
        IntStream.range(0, NODES)
            .mapToObj(id -> new Member(new NodeId(id), "localhost", id + 1))
            .toList();
    BucketMapDirectory directory = new BucketMapDirectory(strategy);
    directory.install(directory.mapOf(new View(Epoch.FIRST, members)));
    return directory;
  }

  /** Uses the map of the ring strategy. */
  @Benchmark
  public int ring() {
    return lookUp(ring);
  }

  /** Uses the map of the modulo strategy. */
  @Benchmark
  public int modulo() {
    return lookUp(modulo);
  }

  private int lookUp(ResourceDirectory directory) {
    int sum = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      sum += directory.masterOf(files[i], numbers[i]);
    }
    return sum;
  }

  /**
   * As {@link #ring}, but each look-up depends on the previous one: the latency of a single
   * look-up.
   */
  @Benchmark
  public int ringOneByOne() {
    int master = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      master = ring.masterOf(files[i] + master, numbers[i]);
    }
    return master;
  }

  /** Reads the array at given places. */
  @Benchmark
  public int array() {
    int sum = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      sum += array[buckets[i]];
    }
    return sum;
  }

  /** Hashes the block and searches its successor on a ring of 3 x 256 points in a tree. */
  @Benchmark
  public int treeMap() {
    int sum = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      long hash = Buckets.mix(files[i] * 0x9E3779B97F4A7C15L + numbers[i]);
      Map.Entry<Long, Integer> next = tree.ceilingEntry(hash);
      sum += next == null ? tree.firstEntry().getValue() : next.getValue();
    }
    return sum;
  }
}
