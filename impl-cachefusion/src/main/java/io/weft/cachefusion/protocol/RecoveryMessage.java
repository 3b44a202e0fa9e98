// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import java.util.List;

/** A message between nodes while a view is being installed. */
public sealed interface RecoveryMessage {
  /** Which blocks an inquiry concerns, in addition to those that it names. */
  enum Scope {
    /** No other blocks. */
    NAMED,
    /**
     * Of the blocks mastered by the sender: those that had another master before, and all past
     * images. So a master need not name blocks held only outside the view.
     */
    MOVED_OR_PAST,
    /** All blocks mastered by the sender. */
    MASTERED
  }

  /**
   * Master to member: asks what the member holds of these blocks.
   *
   * @param number distinguishes the inquiries of a master in a view
   */
  record Inquiry(int number, Scope scope, List<BlockId> blocks) implements RecoveryMessage {
    public Inquiry {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * Member to master: a part of the answer to an inquiry.
   *
   * @param parts how many messages the answer has
   */
  record Report(int inquiry, int parts, List<Held> held) implements RecoveryMessage {
    public Report {
      held = List.copyOf(held);
    }
  }

  /**
   * What a member holds of a block.
   *
   * @param right the right held; a block whose release is pending counts as given up (R27)
   * @param version of the image held, 0 without one
   * @param pastVersion of the past image, 0 without one
   */
  record Held(BlockId block, Right right, long version, long pastVersion) {}
}
