// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.sim.time.Crash;
import io.weft.plugin.sim.time.IoWatch;
import io.weft.plugin.sim.time.SimProcess;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process dies inside every call to a device that recovery makes, before the call has its effect
 * and after it; the next recovery follows, and dies at the same place. However often that happens,
 * the disk ends with the bytes that it has after a recovery that nobody disturbed.
 */
final class RecoveryCrashTest {
  private static final int SEEDS = 4;
  private static final int NODES = 5;
  private static final int BLOCKS = 8;

  /** Who dies first, in the midst of its changes and writes. */
  private static final int DEAD = 0;

  /** Kills one node inside its n-th call to a device, and counts them until then. */
  private static final class Reaper implements IoWatch {
    private final Script script;
    private final int victim;
    private final boolean after;
    private final long last;
    private final Set<Io> seen = EnumSet.noneOf(Io.class);
    private long calls;
    private boolean struck;

    /**
     * Watches from now on.
     *
     * @param after whether the call has its effect before the node dies
     * @param last in which of its calls it dies, from 1
     */
    Reaper(Script script, int victim, boolean after, long last) {
      this.script = script;
      this.victim = victim;
      this.after = after;
      this.last = last;
      script.cluster.simulation().watch(this);
    }

    /** Only counts. */
    Reaper(Script script, int victim, boolean after) {
      this(script, victim, after, Long.MAX_VALUE);
    }

    @Override
    public void onIo(Io io, SimProcess process, boolean done) {
      if (process.isWorld()
          || process.node() != victim
          || process.isDead()
          || done != after
          || struck) {
        return;
      }
      seen.add(io);
      if (++calls == last) {
        struck = true;
        script.kill(victim);
        throw new Crash(process);
      }
    }
  }

  /**
   * A cluster in which every kind of block is to be recovered: from redo alone, from a past image,
   * from a torn block, from nothing at all, because a survivor has it.
   */
  private static Script prepared(long seed) {
    Script script = Script.ofMembers(seed, NODES);
    for (int block = 0; block < BLOCKS; block++) {
      script.change(DEAD, block);
    }
    script.change(1, 2);
    script.change(2, 3);
    script.change(DEAD, 3);
    script.change(3, 4);
    script.change(4, 5);
    script.change(DEAD, 5);
    script.read(1, 6);
    script.node(DEAD).cache().checkpoint();
    script.run(Script.MS / 3);
    script.changeLazily(DEAD, 0);
    script.changeLazily(DEAD, 1);
    return script;
  }

  /** Waits until recovery is over, and after that until everybody is there again. */
  private static List<ByteBuffer> end(Script script) {
    script.settle();
    script.cluster.simulation().watch(IoWatch.NONE);
    List<ByteBuffer> recovered = disk(script);
    script.finish();
    assertTrue(recovered.equals(disk(script)), "recovery has left something to be written");
    return recovered;
  }

  private static List<ByteBuffer> disk(Script script) {
    return script.cluster.storage().disk().contents().stream().map(ByteBuffer::wrap).toList();
  }

  @Test
  void recoveryMakesAllKindsOfCalls() {
    Set<IoWatch.Io> did = EnumSet.noneOf(IoWatch.Io.class);
    long torn = 0;
    long lost = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      for (int node = 1; node < NODES; node++) {
        try (Script script = prepared(seed)) {
          Reaper reaper = new Reaper(script, node, true);
          script.kill(DEAD);
          end(script);
          did.addAll(reaper.seen);
          torn += script.cluster.storage().disk().tornBlocks();
          lost += script.cluster.history().truncated();
        }
      }
    }
    assertTrue(torn > 0, "no block is torn");
    assertTrue(lost > 0, "no change is lost with its writer");
    Set<IoWatch.Io> ownLog =
        EnumSet.of(
            IoWatch.Io.LOG_CREATE,
            IoWatch.Io.LOG_WRITE,
            IoWatch.Io.LOG_FORCE,
            IoWatch.Io.LOG_RELEASE);
    did.addAll(ownLog);
    assertEquals(EnumSet.allOf(IoWatch.Io.class), did);
  }

  /** Node 1 leads the recovery; all recover the blocks that they master. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void survivorDiesAtEveryCallOfRecovery(long seed) {
    List<ByteBuffer> undisturbed;
    try (Script script = prepared(seed)) {
      script.kill(DEAD);
      undisturbed = end(script);
    }
    int again = 0;
    for (int victim = 1; victim < NODES; victim++) {
      for (boolean after : new boolean[] {false, true}) {
        long calls = countCalls(seed, victim, after);
        for (long call = 1; call <= calls; call++) {
          String place = "n" + victim + (after ? " after" : " before") + " its call " + call;
          try (Script script = prepared(seed)) {
            dieAt(script, victim, after, call);
            assertTrue(undisturbed.equals(end(script)), place);
          }
          try (Script script = prepared(seed)) {
            dieAt(script, victim, after, call);
            script.cluster.lifecycle().start(DEAD);
            // Whoever leads the next recovery dies where this one did.
            Reaper second = new Reaper(script, victim == 1 ? 2 : 1, after, call);
            assertTrue(undisturbed.equals(end(script)), place + ", twice");
            again += second.struck ? 1 : 0;
          }
        }
      }
    }
    assertTrue(again > 0, "nobody died in the second recovery");
  }

  private static long countCalls(long seed, int victim, boolean after) {
    try (Script script = prepared(seed)) {
      Reaper reaper = new Reaper(script, victim, after);
      script.kill(DEAD);
      script.settle();
      return reaper.calls;
    }
  }

  private static void dieAt(Script script, int victim, boolean after, long call) {
    Reaper reaper = new Reaper(script, victim, after, call);
    script.kill(DEAD);
    script.until(() -> reaper.struck);
  }

  /**
   * All processes have ended, and one node crashes at every call of the cold start, three times.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void nodeDiesAtEveryCallOfAColdStart(long seed) {
    for (boolean after : new boolean[] {false, true}) {
      List<ByteBuffer> undisturbed;
      long calls;
      try (Script script = prepared(seed)) {
        startAll(script);
        Reaper reaper = new Reaper(script, DEAD, after);
        undisturbed = end(script);
        calls = reaper.calls;
      }
      for (long call = 1; call <= calls; call++) {
        try (Script script = prepared(seed)) {
          startAll(script);
          for (int process = 1; process <= 3; process++) {
            Reaper reaper = new Reaper(script, DEAD, after, call);
            script.until(() -> reaper.struck || script.cluster.membership().isQuiet());
            if (reaper.struck) {
              script.cluster.lifecycle().start(DEAD);
            }
          }
          assertTrue(undisturbed.equals(end(script)), (after ? "after" : "before") + " " + call);
        }
      }
    }
  }

  private static void startAll(Script script) {
    script.cluster.lifecycle().killAll(false);
    for (int node = 0; node < NODES; node++) {
      script.cluster.lifecycle().start(node);
    }
  }
}
