// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import java.util.UUID;

/**
 * Which storage this node works on. Established once while the node starts, before it speaks to
 * anybody; thread-safe.
 *
 * <p>The identity is made with the storage and stands in every place of it. Nodes tell it to each
 * other in the handshake, and the record of every view has it; so nodes that work on different
 * storage, or on a directory that has lost its file system, never serve together. It is told to
 * members only and never shown to strangers.
 */
public final class StorageIdentity {
  /** Nobody has established an identity: nothing is compared. */
  public static final UUID NONE = new UUID(0, 0);

  /** The registry has not been read yet. */
  public static final long UNKNOWN = -1;

  private volatile UUID id = NONE;
  private volatile String where = "storage without identity";
  private volatile boolean lasting = true;
  private volatile long formed = UNKNOWN;

  /** Says which storage it is. */
  public void establish(UUID identity, String places, boolean outlivesProcess) {
    id = identity;
    where = places;
    lasting = outlivesProcess;
  }

  /** The identity; {@link #NONE} if the storage has none. */
  public UUID id() {
    return id;
  }

  /** Where this node finds the storage, for people. */
  public String where() {
    return where;
  }

  /** Whether the storage is still there when all nodes have ended. */
  public boolean isLasting() {
    return lasting;
  }

  /**
   * Tells the newest view that the registry knows of this storage under the settings of this node;
   * 0 if there is none.
   */
  public void formed(long epoch) {
    formed = epoch;
  }

  /** The epoch that was told last; {@link #UNKNOWN} before. */
  public long formed() {
    return formed;
  }
}
