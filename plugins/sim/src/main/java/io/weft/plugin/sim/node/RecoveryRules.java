// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.NodeSet;
import io.weft.plugin.sim.storage.NodeLog;
import io.weft.recovery.membership.AgreementRules;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.spi.directory.BucketMap;
import java.util.List;

/** Rules of membership and recovery, which the drill breaks one by one. */
public class RecoveryRules {
  public static final RecoveryRules STANDARD = new RecoveryRules();

  /** R12: no node outside the view writes any more when recovery begins. */
  public boolean fences() {
    return true;
  }

  /** R14: masters serve when all nodes outside have certainly stopped. */
  public boolean waitsForLeases() {
    return true;
  }

  /**
   * R16, R32: recovery uses the redo of all ended processes that is kept.
   *
   * @param members the nodes in the view
   */
  public List<NodeLog> pool(List<NodeLog> all, NodeSet members) {
    return all;
  }

  /** R17: redo of failed nodes goes when all of it is on disk for good. */
  public boolean keepsRedoUntilWritten() {
    return true;
  }

  /** Each node indexes the redo of the blocks that it masters in this view. */
  public OwnBuckets indexed(BucketMap masters, int node) {
    return SimDirectory.own(masters, node);
  }

  /** R35: no node recovers before the fence is up and the logs of failed nodes are read. */
  public boolean waitsForFence() {
    return true;
  }

  /** R1: a message is handled only in the epoch it was sent in. */
  public boolean dropsOldEpochs() {
    return true;
  }

  /** R28: of a change over several blocks all becomes durable, or nothing. */
  public boolean keepsChangesWhole() {
    return true;
  }

  /** A lease is judged by a clock that goes on while the machine is suspended. */
  public boolean countsSuspendedTime() {
    return true;
  }

  /** The registry knows of all reserved system change numbers (CR-6). */
  public boolean remembersNumbers() {
    return true;
  }

  /** A number that is not reserved yet waits for its reservation. */
  public boolean waitsForNumbers() {
    return true;
  }

  /** A log that is neither there nor deleted on purpose has vanished (LD-6). */
  public boolean missesLogs() {
    return true;
  }

  /** A node starts only where all parts of the storage belong together. */
  public boolean checksStorage() {
    return true;
  }

  /** Nodes compare the settings that must be alike, in the handshake and with the newest view. */
  public boolean comparesSettings() {
    return true;
  }

  /** What the engine's membership follows. */
  public AgreementRules agreement() {
    return AgreementRules.STANDARD;
  }

  /** The storage is forced before redo goes. */
  public boolean forcesBeforeDeleting() {
    return true;
  }
}
