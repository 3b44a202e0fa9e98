// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import io.weft.plugin.workload.shared.Mix;
import java.util.Locale;

/**
 * How the requests of a trace are divided among the nodes. Pure: every process computes the same
 * result.
 */
public enum Deal {
  /** Request i goes to node i modulo the number of nodes: almost every block is shared. */
  ROUND_ROBIN {
    @Override
    int nodeOf(int request, long firstBlock, int nodes) {
      return request % nodes;
    }
  },
  /**
   * Requests that start in the same extent go to the same node: blocks are shared only where a
   * request crosses into the next extent.
   */
  BY_EXTENT {
    @Override
    int nodeOf(int request, long firstBlock, int nodes) {
      return (int) Long.remainderUnsigned(Mix.of(firstBlock / EXTENT_BLOCKS), nodes);
    }
  };

  /** Blocks of an extent, the unit in which blocks are mastered. */
  static final int EXTENT_BLOCKS = 64;

  /**
   * The node that executes a request.
   *
   * @param request index in the trace, from 0
   * @param firstBlock the first block that it covers
   * @param nodes number of nodes, 1 or larger
   * @return 0 to {@code nodes - 1}
   */
  abstract int nodeOf(int request, long firstBlock, int nodes);

  /** The name on the command line, for example {@code by-extent}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The policy of that name. */
  public static Deal named(String name) {
    for (Deal deal : values()) {
      if (deal.toString().equals(name)) {
        return deal;
      }
    }
    throw new IllegalArgumentException(
        "'" + name + "' is not a known deal; expected round-robin or by-extent");
  }
}
