// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.membership.MembershipErrors;
import java.util.Optional;

/**
 * The registry as this node sees it: decides when it is read, and whether what is read can be the
 * registry of the others. One read is under way at a time. Owned by {@link ViewAgreement}.
 */
final class RegistryReads {
  private final AgreementState state;
  private final AgreementSettings settings;

  private boolean reading;
  private boolean readAgain;
  private long readStartNs = MembershipLease.NEVER;
  private boolean hasRead;
  private Optional<String> trouble = Optional.empty();

  /** The epoch that this node knew when the registry was asked: it must know it. */
  private long readFloor;

  private Optional<String> setBack = Optional.empty();
  private long setBackSinceNs;

  // The newest view that a peer has told of, and that when the registry was asked: it must know it.
  private long told;
  private long toldAtRead;
  private long behindSinceNs = MembershipLease.NEVER;

  RegistryReads(AgreementState state) {
    this.state = state;
    this.settings = state.settings();
  }

  // ---- questions

  /** Asks for the newest record, unless that question is under way. */
  void read(long now) {
    if (!reading && state.isActive()) {
      reading = true;
      readStartNs = now;
      toldAtRead = told;
      readFloor = state.epoch();
      state.want(new Effect.ReadRegistry());
    }
  }

  /** Asks now, and once more after the answer if a question is under way, which may be older. */
  void readAfresh(long now) {
    readAgain = reading;
    read(now);
  }

  /** Asks if the last question is as old as an interval of the looks at the registry. */
  void readInTurn(long now) {
    if (now - readStartNs >= settings.timing().registryNs()) {
      read(now);
    }
  }

  /** Asks again, if an answer was under way when there was a reason to ask. */
  void readOnceMore(long now) {
    if (readAgain) {
      readAgain = false;
      read(now);
    }
  }

  // ---- answers

  void onAnswered() {
    reading = false;
    trouble = Optional.empty();
  }

  void onFailed(String why) {
    reading = false;
    trouble = Optional.of(why);
  }

  /** It could not be written. */
  void onWriteFailed(String why) {
    trouble = Optional.of(why);
  }

  /** An answer counts. */
  void accept() {
    hasRead = true;
  }

  /**
   * Whether a newcomer has read an older view than the one that a member had told of before. A
   * directory may be looked at through a cache, so it looks again for half a lease.
   */
  boolean isBehind(long read, long now) {
    if (read >= toldAtRead || !state.phase().isNew()) {
      behindSinceNs = MembershipLease.NEVER;
      return false;
    }
    behindSinceNs = behindSinceNs == MembershipLease.NEVER ? now : behindSinceNs;
    if (now - behindSinceNs > settings.timing().leaseNs() / 2) {
      state.stop(
          MembershipErrors.OTHER_STORAGE,
          "a member has told of view "
              + toldAtRead
              + ", but the newest in "
              + settings.texts().registry()
              + " is "
              + read
              + ", also after half a lease: this node reads another copy of the registry than the"
              + " others, or it has been set back; let all nodes name the same weft.registry");
    }
    return true;
  }

  /**
   * What this node knew when it began to read was in the registry before: if it is not there any
   * more, the registry is not the one that the node has been working with. A single such answer may
   * come from a cache of the file system; it renews no lease, and does no other harm.
   */
  void noticeSetBack(Optional<ViewRecord> newest, long now) {
    long read = newest.map(ViewRecord::epoch).orElse(0L);
    boolean differs = read == state.epoch() && read > 0 && !newest.get().isSameAs(state.newest());
    if (read >= readFloor && !differs) {
      setBack = Optional.empty();
      return;
    }
    setBackSinceNs = setBack.isEmpty() ? now : setBackSinceNs;
    setBack =
        Optional.of(
            "the registry holds "
                + (differs ? "another record of epoch " : "no record of epoch ")
                + state.epoch()
                + (differs ? " than the one" : " or later")
                + ", which this node has; its newest view is "
                + read
                + ": is it the directory that the others use, or has it been set back, restored"
                + " from a copy or replaced while nodes ran? Put the newest registry back, then"
                + " start again");
    if (state.is(MembershipPhase.JOINING)
        && now - setBackSinceNs > settings.timing().leaseNs() / 2) {
      state.stop(MembershipErrors.BAD_REGISTRY, setBack.get());
    }
  }

  /** A peer has told of a view. */
  void onTold(long epoch) {
    told = Math.max(told, epoch);
  }

  // ---- what is known of it

  /** Whether an answer has ever counted. */
  boolean hasRead() {
    return hasRead;
  }

  /** The newest view that a peer has told of. */
  long told() {
    return told;
  }

  /** Why the last call of it failed; empty if it did not. */
  Optional<String> trouble() {
    return trouble;
  }

  /** In what its last answer contradicts what this node knows; empty if it does not. */
  Optional<String> setBack() {
    return setBack;
  }
}
