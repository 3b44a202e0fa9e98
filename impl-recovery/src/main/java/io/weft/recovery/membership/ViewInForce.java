// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.recovery.replay.OwnBuckets;
import java.util.Optional;

/**
 * The view in force at this node, as the steps of its recovery see it. Written by the serial
 * executor, except {@link #redoTrouble}; may be read by any thread.
 */
final class ViewInForce {
  private final AgreementLoop loop;
  private final RecoveryTrack track;
  private final MembershipOutcome outcome;

  private volatile long epoch;
  private volatile OwnBuckets ownBuckets = OwnBuckets.ALL;
  private volatile Optional<String> redoTrouble = Optional.empty();

  /** Owned by the serial executor. */
  private int logsRead;

  ViewInForce(AgreementLoop loop, RecoveryTrack track, MembershipOutcome outcome) {
    this.loop = loop;
    this.track = track;
    this.outcome = outcome;
  }

  /** A view comes into force. Serial executor. */
  void begin(long next) {
    epoch = next;
    redoTrouble = Optional.empty();
    logsRead = 0;
  }

  boolean is(long of) {
    return of == epoch;
  }

  /** Whether a step of the view of an epoch need not go on: another view is in force, or none. */
  boolean isOver(long of) {
    return loop.isClosed() || of != epoch;
  }

  /** The buckets that this node masters. */
  OwnBuckets ownBuckets() {
    return ownBuckets;
  }

  /** This node masters these buckets from now on. Serial executor. */
  void master(OwnBuckets buckets) {
    ownBuckets = buckets;
  }

  /** How many logs of failed nodes this node has read for this view. Serial executor. */
  int logsRead() {
    return logsRead;
  }

  /** This node has read the logs of failed nodes. Serial executor. */
  void onRedoRead(int logs) {
    logsRead = logs;
    redoTrouble = Optional.empty();
  }

  /** Why the redo of failed nodes cannot be read at present; empty if it can. */
  Optional<String> redoTrouble() {
    return redoTrouble;
  }

  /** The redo of failed nodes cannot be read at present. Any thread. */
  void onRedoTrouble(String why) {
    redoTrouble = Optional.of(why);
  }

  /**
   * A step has failed. Ends the node if the view is in force; a step of a view that is not in force
   * any more may end in any way. Any thread.
   */
  void onStepFailed(long of, String what, Throwable thrown) {
    loop.execute(
        (_, now) -> {
          if (of == epoch) {
            track.fail(now);
            outcome.stop(what + " in view " + of + " failed: ", thrown);
          }
        });
  }
}
