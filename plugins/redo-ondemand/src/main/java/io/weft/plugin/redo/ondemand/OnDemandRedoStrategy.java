// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.ondemand;

import io.weft.api.BlockId;
import io.weft.spi.recovery.RedoPump;
import io.weft.spi.recovery.RedoStrategy;
import jakarta.inject.Inject;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;

/**
 * Recovers blocks that requests wait for, the one with the most requests first. The other blocks
 * follow in the background, in the order of the work. Immutable.
 *
 * <p>Requested blocks have a limit of their own: they can start however many background recoveries
 * are in progress or blocked.
 */
public final class OnDemandRedoStrategy implements RedoStrategy {
  private final int background;
  private final int requested;

  /** Creates a strategy. */
  @Inject
  public OnDemandRedoStrategy(OnDemandSettings settings) {
    this.background = settings.background();
    this.requested = settings.requested();
  }

  @Override
  public String name() {
    return "ondemand";
  }

  @Override
  public RedoRun start(RedoWork work) {
    List<BlockId> blocks = work.blocks();
    HottestFirst order = new HottestFirst(blocks.size());
    for (int index = 0; index < blocks.size(); index++) {
      int waiting = work.waiting(blocks.get(index));
      if (waiting > 0) {
        order.touched(index, waiting);
      }
    }
    return RedoPump.start(work, order);
  }

  /** The order: touched blocks by number of requests, then the others. */
  private final class HottestFirst implements RedoPump.Order {
    private final BitSet begun = new BitSet();
    private final TreeSet<Hot> touched = new TreeSet<>();
    private final int[] heat; // by block, most requests seen; 0 if it is not among the touched
    private int walk;

    HottestFirst(int blocks) {
      this.heat = new int[blocks];
    }

    @Override
    public int next(int underWay) {
      if (!touched.isEmpty()) {
        return underWay < background + requested ? begin(touched.removeFirst().index) : NOTHING;
      }
      walk = begun.nextClearBit(walk);
      return underWay < background && walk < heat.length ? begin(walk) : NOTHING;
    }

    private int begin(int index) {
      begun.set(index);
      return index;
    }

    @Override
    public void touched(int index, int waiting) {
      int hotter =
          Math.max(1, waiting); // at least one request waits, even if it is not counted yet
      if (!begun.get(index) && hotter > heat[index]) {
        touched.remove(new Hot(heat[index], index));
        touched.add(new Hot(hotter, index));
        heat[index] = hotter;
      }
    }
  }

  /** A touched block: more requests come first, then the order of the work. */
  private record Hot(int requests, int index) implements Comparable<Hot> {
    @Override
    public int compareTo(Hot other) {
      return requests != other.requests
          ? Integer.compare(other.requests, requests)
          : Integer.compare(index, other.index);
    }
  }
}
