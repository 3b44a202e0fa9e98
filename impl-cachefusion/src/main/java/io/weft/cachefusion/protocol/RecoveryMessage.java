// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import java.util.List;

/** What nodes say to each other while a view is being installed. */
public sealed interface RecoveryMessage {
  /** Which blocks an inquiry is about, beside those that it names. */
  enum Scope {
    /** None. */
    NAMED,
    /**
     * Of those that the one that asks masters: the ones that had another master before, and all
     * past images. So a master does not have to name what only outsiders held.
     */
    MOVED_OR_PAST,
    /** All that the one that asks masters. */
    MASTERED
  }

  /**
   * Master to member: what do you hold of these blocks?
   *
   * @param number tells the inquiries of a master in a view apart
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
   * What a member has of a block.
   *
   * @param right the right that it holds; a block being given up counts as given up (R27)
   * @param version of the image held, 0 without one
   * @param pastVersion of the past image, 0 without one
   */
  record Held(BlockId block, Right right, long version, long pastVersion) {}
}
