// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.spi.transport.Lane;

/**
 * What nodes say to each other about one block. Epoch and sender travel in the session header.
 *
 * <p>A <em>stamp</em> names the master's transaction that a message belongs to; a wrong stamp
 * cannot happen and stops the node. A <em>ticket</em> is the requester's number for the frame that
 * it keeps ready for the image. A set of nodes is a bitmap by node id.
 */
public sealed interface CacheFusionMessage {
  /** No transaction has this stamp. */
  int NO_STAMP = 0;

  /** The block that it is about. */
  BlockId block();

  /** The lane that carries it. */
  default Lane lane() {
    return Lane.RESPONSE;
  }

  /** What makes a holder give something up: it waits for pins, redo and disk writes. */
  sealed interface Revocation extends CacheFusionMessage permits Forward, Invalidate {}

  /** Requester to master: give me the block. A prefetch may be refused. */
  record Request(BlockId block, Access access, boolean prefetch, int ticket)
      implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return Lane.REQUEST;
    }
  }

  /** Master to holder: ship your image to the requester; for exclusive access, give it up. */
  record Forward(
      BlockId block, int stamp, Access access, int requester, int ticket, long invalidated)
      implements Revocation {
    @Override
    public Lane lane() {
      return Lane.FORWARD;
    }
  }

  /** Master to sharer: drop your copy and acknowledge to the requester. */
  record Invalidate(BlockId block, int stamp, int requester) implements Revocation {
    @Override
    public Lane lane() {
      return Lane.FORWARD;
    }
  }

  /** Master to requester: take the block from disk, or keep the image that you hold. */
  record Grant(BlockId block, int stamp, boolean fromDisk, long invalidated)
      implements CacheFusionMessage {}

  /**
   * Master to requester: nobody gets the block, since it could not be recovered. With {@link
   * #TO_KEEPER} to the keeper of a past image, which has asked for a write: nobody will write it.
   */
  record Quarantined(BlockId block, int stamp) implements CacheFusionMessage {
    /** In place of a stamp: the message is for a keeper. */
    static final int TO_KEEPER = NO_STAMP;

    public boolean isToKeeper() {
      return stamp == TO_KEEPER;
    }
  }

  /** Holder to requester: the image, which is the message's payload. */
  record Data(BlockId block, int stamp, long version, boolean dirty, long invalidated, int ticket)
      implements CacheFusionMessage {}

  /** Sharer to requester: my copy is dropped. */
  record Ack(BlockId block, int stamp) implements CacheFusionMessage {}

  /** Requester to master: I hold it, or could not read it; next, please. */
  record Done(BlockId block, int stamp, boolean failed) implements CacheFusionMessage {}

  /** Master to requester: your prefetch is refused. */
  record Refused(BlockId block) implements CacheFusionMessage {}

  /** Holder to master: I would like to give it up. */
  record Release(BlockId block) implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return Lane.REQUEST;
    }
  }

  /** Master to holder: you no longer hold it. */
  record ReleaseAccepted(BlockId block) implements CacheFusionMessage {}

  /** Master to holder: the release is off. */
  record ReleaseRefused(BlockId block) implements CacheFusionMessage {}

  /** Writer to everyone, advisory: the disk holds this version. */
  record Written(BlockId block, long version) implements CacheFusionMessage {}

  /** Keeper of a past image to master, master to a holder, advisory: please write the block. */
  record WriteRequest(BlockId block, long version, boolean forwarded, int keeper)
      implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return forwarded ? Lane.FORWARD : Lane.REQUEST;
    }
  }

  /** Recovering master to keeper of the newest past image: write it, the disk is older. */
  record WritePast(BlockId block, long version) implements CacheFusionMessage {
    @Override
    public Lane lane() {
      return Lane.FORWARD;
    }
  }

  /** Keeper to recovering master: the disk holds that version of the past image, at least. */
  record PastWritten(BlockId block, long version) implements CacheFusionMessage {}
}
