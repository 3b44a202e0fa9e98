// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Clusters of 2 to 5 nodes under random kills, pauses, cuts, losses of the storage, restarts and
 * planned ends, at random moments, also of recoveries. {@link World} and its parts check at each
 * step that there is one view of an epoch, that nobody is fenced under a lease that holds, and that
 * nothing is rebuilt before the fence; here it is checked that all come together again once the
 * world is healed.
 */
final class InterleavingsTest {
  private static final int SEEDS = Integer.getInteger("weft.membership.seeds", 150);
  private static final long FIRST = Long.getLong("weft.seed", 1);

  @Test
  void allComeTogetherAgainWhateverHappens() {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      try {
        new Story(seed).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("failing seed: -Dweft.seed=" + seed, e);
      }
    }
  }

  /** What happens to one cluster. */
  private static final class Story {
    private final SplittableRandom random;
    private final World world;
    private final int size;

    Story(long seed) {
      random = new SplittableRandom(seed);
      size = 2 + random.nextInt(4);
      world = new World(seed, size);
      world.kills = random.nextBoolean();
      world.processesVisible = random.nextInt(3) > 0;
    }

    void run() {
      for (int id = 0; id < size; id++) {
        if (random.nextInt(4) > 0) {
          world.start(id);
        }
      }
      for (int i = 0; i < 12; i++) {
        disturb();
        world.run(pause());
      }
      heal();
      boolean whole = world.runUntil(Duration.ofSeconds(60), this::isWell);
      assertTrue(whole, world::describe);
      world.run(Duration.ofSeconds(2));
      assertTrue(isWell(), world::describe);
      assertTrue(world.logs.size() == size, () -> "logs are left: " + world.logs.keySet());
    }

    /** Often so short that a view change is under way. */
    private Duration pause() {
      return switch (random.nextInt(4)) {
        case 0 -> Duration.ofNanos(random.nextLong(2_000_000));
        case 1 -> Duration.ofMillis(random.nextLong(50));
        case 2 -> Duration.ofMillis(random.nextLong(1500));
        default -> Duration.ofMillis(random.nextLong(8000));
      };
    }

    private void disturb() {
      int id = random.nextInt(size);
      WorldNode node = world.nodes.get(id);
      boolean runs = node != null && node.alive;
      switch (random.nextInt(10)) {
        case 0, 1 -> {
          if (runs) {
            world.kill(id);
          }
        }
        case 2 -> {
          if (runs && !node.paused) {
            world.pause(id);
          }
        }
        case 3 -> {
          if (runs && node.paused) {
            world.resume(id);
          }
        }
        case 4 -> world.cutBoth(id, random.nextInt(size));
        case 5 -> world.cut(id, random.nextInt(size));
        case 6 -> world.heal();
        case 7 -> {
          if (runs && !node.leaving && !node.paused) {
            node.leave();
          }
        }
        case 8 -> {
          if (!world.storageLost.remove(id)) {
            world.storageLost.add(id);
          }
        }
        default -> {
          if (!runs) {
            world.start(id);
          }
        }
      }
    }

    private void heal() {
      world.heal();
      world.storageLost.clear();
      for (WorldNode node : List.copyOf(world.running())) {
        if (node.paused) {
          world.resume(node.id);
        }
      }
    }

    /** Nodes that have stopped are started again, as a supervisor would do. */
    private boolean isWell() {
      for (int id = 0; id < size; id++) {
        WorldNode node = world.nodes.get(id);
        if (node == null || !node.alive) {
          world.start(id);
        }
      }
      return world.isWhole() && world.running().stream().noneMatch(node -> node.leaving);
    }
  }
}
