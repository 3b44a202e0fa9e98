// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.MemberErrors;
import io.weft.api.WeftException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Asks the members of a cluster to change their list, over the registry: from a node, or from a
 * process that is no node and reaches the storage. All methods block for I/O. Thread-safe.
 *
 * @param registry need not be open
 * @param configured the members in the configuration: the list as long as there has been no view
 * @param honoursWeights whether the hash strategy of the cluster does
 * @param nanoTime monotonic time in nanoseconds
 * @param pause waits until it is worthwhile to look for the answer again
 */
public record MemberRequests(
    ClusterRegistry registry,
    List<Member> configured,
    boolean honoursWeights,
    LongSupplier nanoTime,
    Runnable pause) {
  /**
   * The list of the newest view; the configured one if there has been no view.
   *
   * @throws WeftException {@link MembershipErrors#BAD_REGISTRY} if the record has none
   */
  public AgreedMembers list() {
    Optional<ClusterRegistry.Entry> newest = registry.latest();
    try {
      return newest
          .map(entry -> AgreedMembers.ofRecord(entry.record()))
          .orElseGet(() -> AgreedMembers.first(configured));
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
   *     CoreErrors#INTERRUPTED} if the thread is interrupted, and the request is withdrawn; {@link
   *     MembershipErrors#REGISTRY_UNAVAILABLE} if the registry cannot be reached: the request may
   *     still be carried out then
   */
  public AgreedMembers change(MemberChange change, Duration limit) {
    AgreedMembers now = list();
    change.member().ifPresent(member -> checkWeight(now.list().members(), member));
    long number = registry.ask(change.encode(), now.request());
    long begun = nanoTime.getAsLong();
    while (nanoTime.getAsLong() - begun < limit.toNanos()) {
      Optional<MemberAnswer> answer = answerTo(number);
      if (answer.isPresent()) {
        return outcome(number, answer.get());
      }
      if (Thread.interrupted()) { // else a registry could not be written
        try {
          return withdraw(number, CoreErrors.INTERRUPTED, "before the thread was interrupted");
        } finally {
          Thread.currentThread().interrupt();
        }
      }
      pause.run();
    }
    return withdraw(number, MemberErrors.NOT_CARRIED_OUT, "within " + limit.toMillis() + " ms");
  }

  /** Weights that differ have no effect with some hash strategies, as in a configuration. */
  private void checkWeight(List<Member> members, Member member) {
    Stream<Member> others = members.stream().filter(other -> !other.id().equals(member.id()));
    boolean differ =
        Stream.concat(others, Stream.of(member)).map(Member::weight).distinct().count() > 1;
    if (differ && !honoursWeights) {
      throw new WeftException(
          MemberErrors.BAD_MEMBER,
          "weight "
              + member.weight()
              + " of "
              + member.id()
              + " differs from that of other members, and the hash strategy of this cluster"
              + " ignores weights; give all the same weight, or stop the cluster and choose"
              + " another strategy");
    }
  }

  /** A registry that cannot be read for a moment has not refused the request. */
  private Optional<MemberAnswer> answerTo(long number) {
    try {
      return registry.answer(number).map(MemberAnswer::decode);
    } catch (WeftException e) {
      if (e.code().equals(MembershipErrors.REGISTRY_UNAVAILABLE)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** A leader that was late may have refused what another one has carried out. */
  private AgreedMembers outcome(long number, MemberAnswer answer) {
    AgreedMembers now = list();
    if (!answer.isDone() && now.request() != number) {
      throw answer.toException();
    }
    return now;
  }

  /** Gives a request up, unless it has been carried out just now. */
  private AgreedMembers withdraw(long number, ErrorCode code, String when) {
    WeftException reason =
        new WeftException(
            code,
            "no member has carried out request "
                + number
                + " "
                + when
                + ", and it is withdrawn: a member carries it out when the cluster runs and its"
                + " last view change is complete; look at the list of members before you ask again,"
                + " since a member that was just about to carry it out may still do so");
    registry.answer(
        number, MemberAnswer.refused(MemberErrors.NOT_CARRIED_OUT, reason.getMessage()).encode());
    // Another answer may have come first; it may be damaged, or gone since.
    Optional<MemberAnswer> first =
        registry
            .answer(number)
            .map(MemberAnswer::decode)
            .filter(answer -> answer.code() != MemberErrors.NOT_CARRIED_OUT.number());
    if (first.isEmpty() && list().request() != number) {
      throw reason;
    }
    return first.isPresent() ? outcome(number, first.get()) : list();
  }
}
