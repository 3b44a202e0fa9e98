// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import java.util.UUID;

/**
 * The identity of the storage that this node works on. Established once during start, before the
 * node contacts any peer. Thread-safe.
 *
 * <p>The identity is created with the storage and written to every place of it. Nodes exchange it
 * in the handshake, and the record of every view contains it. So nodes with different storage, or
 * with a directory whose file system is not mounted, never serve in the same view. The identity is
 * sent to members only, and is never disclosed to other peers.
 */
public final class StorageIdentity {
  /** No identity has been established. It is not compared. */
  public static final UUID NONE = new UUID(0, 0);

  /** The value of {@link #formed()} before the registry has been read. */
  public static final long UNKNOWN = -1;

  private volatile UUID id = NONE;
  private volatile String where = "storage without identity";
  private volatile boolean lasting = true;
  private volatile long formed = UNKNOWN;

  /**
   * Sets the identity of the storage. Called once.
   *
   * @param identity the identity
   * @param places where the storage is, as text for an operator
   * @param outlivesProcess whether the storage still exists when all nodes have ended
   */
  public void establish(UUID identity, String places, boolean outlivesProcess) {
    id = identity;
    where = places;
    lasting = outlivesProcess;
  }

  /** The identity; {@link #NONE} if the storage has none. */
  public UUID id() {
    return id;
  }

  /** Where the storage is at this node, as text for an operator. */
  public String where() {
    return where;
  }

  /** Whether the storage still exists when all nodes have ended. */
  public boolean isLasting() {
    return lasting;
  }

  /**
   * Sets the newest epoch that the registry has for this storage and the settings of this node; 0
   * if there is none.
   */
  public void formed(long epoch) {
    formed = epoch;
  }

  /** The epoch that was set last; {@link #UNKNOWN} if none has been set. */
  public long formed() {
    return formed;
  }
}
