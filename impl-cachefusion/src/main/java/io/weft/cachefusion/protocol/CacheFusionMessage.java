// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.spi.transport.Lane;

/**
 * A message between nodes about one block. The wire form adds the epoch; the session names the
 * sender.
 *
 * <p>A <em>stamp</em> names the master's transaction that a message belongs to; a wrong stamp is a
 * broken invariant and stops the node. A <em>ticket</em> is the requester's number of the frame
 * reserved for the image. The <em>invalidated</em> nodes have to drop their copies.
 */
public sealed interface CacheFusionMessage {
  /** No transaction has this stamp. */
  int NO_STAMP = 0;

  /** The block concerned. */
  BlockId block();

  /** The lane that carries the message. */
  default Lane lane() {
    return Lane.RESPONSE;
  }

  /** Makes a holder give up a right. The holder first waits for pins, redo and disk writes. */
  sealed interface Revocation extends CacheFusionMessage permits Forward, Invalidate {}

  /** Requester to master: asks for the block. A prefetch may be refused. */
  record Request(BlockId block, Access access, boolean prefetch, int ticket)
      implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return Lane.REQUEST;
    }
  }

  /** Master to holder: ship the image to the requester; for exclusive access, also give it up. */
  record Forward(
      BlockId block, int stamp, Access access, int requester, int ticket, NodeSet invalidated)
      implements Revocation {
    @Override
    public Lane lane() {
      return Lane.FORWARD;
    }
  }

  /** Master to sharer: drop the copy and acknowledge to the requester. */
  record Invalidate(BlockId block, int stamp, int requester) implements Revocation {
    @Override
    public Lane lane() {
      return Lane.FORWARD;
    }
  }

  /** Master to requester: read the block from disk, or keep the image that the requester holds. */
  record Grant(BlockId block, int stamp, boolean fromDisk, NodeSet invalidated)
      implements CacheFusionMessage {}

  /**
   * Master to requester: the block could not be recovered, and the request fails. With {@link
   * #TO_KEEPER}, to the keeper of a past image that has asked for a write: no node will write the
   * block.
   */
  record Quarantined(BlockId block, int stamp) implements CacheFusionMessage {
    /** Marks, in place of a stamp, a message for a keeper. */
    static final int TO_KEEPER = NO_STAMP;

    public boolean isToKeeper() {
      return stamp == TO_KEEPER;
    }
  }

  /**
   * Master to requester: its directory had no room for the block for too long, and the request
   * fails.
   */
  record NoRoom(BlockId block, int stamp) implements CacheFusionMessage {}

  /**
   * Master to holder, advisory: asks it to release the block unless it uses it, because the
   * directory is full.
   */
  record Recall(BlockId block) implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return Lane.FORWARD;
    }
  }

  /** Holder to requester: the image, as the payload. */
  record Data(
      BlockId block, int stamp, long version, boolean dirty, NodeSet invalidated, int ticket)
      implements CacheFusionMessage {}

  /** Sharer to requester: the copy is dropped. */
  record Ack(BlockId block, int stamp) implements CacheFusionMessage {}

  /**
   * Requester to master: ends the transaction; the requester holds the block, or could not read it.
   */
  record Done(BlockId block, int stamp, boolean failed) implements CacheFusionMessage {}

  /** Master to requester: the prefetch is refused. */
  record Refused(BlockId block) implements CacheFusionMessage {}

  /** Holder to master: asks to give the block up. */
  record Release(BlockId block) implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return Lane.REQUEST;
    }
  }

  /** Master to holder: the release is accepted; the holder no longer holds the block. */
  record ReleaseAccepted(BlockId block) implements CacheFusionMessage {}

  /** Master to holder: the release is refused; the holder keeps the block. */
  record ReleaseRefused(BlockId block) implements CacheFusionMessage {}

  /**
   * Former master of the block's bucket to the sender of a request or release: nothing was done
   * with that message, because the bucket has moved; it has to be sent again.
   *
   * @param release whether the message was a release
   * @param number of the last move that the sender knows
   */
  record Moved(BlockId block, boolean release, int master, int number)
      implements CacheFusionMessage {}

  /** Writer to all members, advisory: the disk holds this version. */
  record Written(BlockId block, long version) implements CacheFusionMessage {}

  /**
   * Keeper of a past image to master, and master to a holder, advisory: asks for a write of the
   * block.
   */
  record WriteRequest(BlockId block, long version, boolean forwarded, int keeper)
      implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return forwarded ? Lane.FORWARD : Lane.REQUEST;
    }
  }

  /**
   * Recovering master to the keeper of the newest past image: write it, because the disk is older.
   */
  record WritePast(BlockId block, long version) implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return Lane.FORWARD;
    }
  }

  /**
   * Keeper to recovering master: the disk holds that version of the past image or a newer one; 0 if
   * the keeper has no past image any more.
   */
  record PastWritten(BlockId block, long version) implements CacheFusionMessage {}
}
