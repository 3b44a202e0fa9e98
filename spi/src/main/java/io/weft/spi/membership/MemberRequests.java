// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.MemberErrors;
import io.weft.api.WeftException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Asks the members of a cluster to change their list, over the registry: from a node, or from a
 * process that is no node and reaches the storage. All methods block for I/O. Thread-safe.
 *
 * @param registry need not be open
 * @param nanoTime monotonic time in nanoseconds
 * @param pause waits until it is worthwhile to look for the answer again
 */
public record MemberRequests(ClusterRegistry registry, LongSupplier nanoTime, Runnable pause) {
  /**
   * The list of the newest view; empty if there has been no view.
   *
   * @throws WeftException {@link MembershipErrors#BAD_REGISTRY} if the record has none
   */
  public Optional<AgreedMembers> list() {
    Optional<ClusterRegistry.Entry> newest = registry.latest();
    try {
      return newest.map(entry -> AgreedMembers.ofRecord(entry.record()));
    } catch (IllegalArgumentException e) {
      throw new WeftException(
          MembershipErrors.BAD_REGISTRY,
          "the record of view "
              + newest.orElseThrow().epoch()
              + " has no list of members that can be read ("
              + e.getMessage()
              + "): it is of another version of Weft, or damaged",
          e);
    }
  }

  /**
   * Asks for a change, and waits until it is carried out. An interrupt does not end the wait.
   *
   * @param limit how long to wait before the request is withdrawn
   * @return the list after it
   * @throws WeftException with a code of {@link MemberErrors} if it is refused or withdrawn; {@link
   *     MembershipErrors#REGISTRY_UNAVAILABLE} if the registry cannot be reached: the request may
   *     still be carried out then
   */
  public AgreedMembers change(MemberChange change, Duration limit) {
    long floor = list().map(AgreedMembers::request).orElse(0L);
    long number = registry.ask(change.encode(), floor);
    long begun = nanoTime.getAsLong();
    while (true) {
      Optional<MemberAnswer> answer = registry.answer(number).map(MemberAnswer::decode);
      if (answer.isPresent()) {
        return outcome(answer.get());
      }
      if (nanoTime.getAsLong() - begun >= limit.toNanos()) {
        return withdraw(number, limit);
      }
      pause.run();
    }
  }

  private AgreedMembers outcome(MemberAnswer answer) {
    if (!answer.isDone()) {
      throw answer.toException();
    }
    return list().orElseThrow();
  }

  /** Gives a request up, unless it has been carried out just now. */
  private AgreedMembers withdraw(long number, Duration limit) {
    String text =
        "no member has carried out request "
            + number
            + " within "
            + limit.toMillis()
            + " ms, and it is withdrawn: a member carries it out when the cluster runs and its last"
            + " view change is complete; look at the list of members before you ask again, since a"
            + " member that was just about to carry it out may still do so";
    registry.answer(number, MemberAnswer.refused(MemberErrors.NOT_CARRIED_OUT, text).encode());
    Optional<AgreedMembers> now = list().filter(members -> members.request() == number);
    return now.orElseGet(
        () -> outcome(registry.answer(number).map(MemberAnswer::decode).orElseThrow()));
  }
}
