// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.Member;
import io.weft.api.MemberErrors;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.MemberAnswer;
import io.weft.spi.membership.MemberChange;
import java.util.List;
import java.util.Optional;

/**
 * The requests to change the members: decides, at the member that leads, which change the next
 * record has, and what the others are answered. One after another, in the order of their numbers.
 * Owned by {@link ViewAgreement}.
 *
 * <p>A request is carried out only if it is the first one that the registry has, so those before it
 * have their answers there. Else a record could forget that it has carried out a request that
 * nobody has been answered yet. And what has been read counts for one view: another leader may have
 * answered meanwhile.
 *
 * <p>The record has the number of the request that was carried out last. So a leader that dies
 * between the record and the answer leaves nothing open: the next one finds the request pending,
 * and its number in the record.
 */
final class MemberOrders {
  private final AgreementState state;
  private List<ClusterRegistry.Request> pending = List.of();

  /** Up to this number the requests have been answered since they were read. */
  private long answered;

  /** Whether they were read since the newest view was made. */
  private boolean fresh;

  MemberOrders(AgreementState state) {
    this.state = state;
  }

  /** The registry has these pending requests, ascending by number. */
  void onRead(List<ClusterRegistry.Request> requests) {
    pending = requests;
    answered = 0;
    fresh = true;
  }

  /** There is another view: before anything else is decided, the registry has to be read again. */
  void onAdopted() {
    fresh = false;
  }

  /**
   * The list of the next record, if a change of it is due. Answers the requests that are carried
   * out or refused.
   *
   * @param next the next record without a change
   * @param members the nodes that belong to it, which run
   */
  Optional<AgreedMembers> due(ViewRecord next, NodeSet members) {
    long last = next.members().request();
    for (ClusterRegistry.Request request : pending) {
      if (request.number() > answered && (fresh || request.number() == last)) {
        try {
          Optional<AgreedMembers> list = listAfter(request, next, members);
          if (list.isPresent()) {
            return answered == 0 ? list : Optional.empty();
          }
          answer(request, MemberAnswer.DONE);
        } catch (WeftException e) {
          answer(request, MemberAnswer.refused(e));
        }
      }
    }
    return Optional.empty();
  }

  private void answer(ClusterRegistry.Request request, MemberAnswer answer) {
    answered = request.number();
    state.want(new Effect.AnswerRequest(request.number(), answer));
  }

  /** The list with the change of a request; empty if the newest record has it already. */
  private Optional<AgreedMembers> listAfter(
      ClusterRegistry.Request request, ViewRecord next, NodeSet members) {
    AgreedMembers now = next.members();
    if (request.number() == now.request()) {
      return Optional.empty();
    }
    if (request.number() < now.request()) {
      throw new WeftException(
          MemberErrors.BAD_REQUEST,
          "request "
              + request.number()
              + " came after request "
              + now.request()
              + " had been carried out; look at the list of members, and ask again");
    }
    MemberChange change = changeOf(request);
    AgreedMembers list = now.after(change, request.number());
    checkRunning(change, next, members);
    checkQuorum(change, next, list, members);
    return Optional.of(state.settings().rules().proposed(list));
  }

  private static MemberChange changeOf(ClusterRegistry.Request request) {
    try {
      return MemberChange.decode(request.request());
    } catch (IllegalArgumentException e) {
      throw new WeftException(
          MemberErrors.BAD_REQUEST,
          "request "
              + request.number()
              + " cannot be read: "
              + e.getMessage()
              + "; it is damaged, of another version of Weft, or the members may not read its file;"
              + " ask again",
          e);
    }
  }

  /** A member that runs keeps its place and its address. */
  private void checkRunning(MemberChange change, ViewRecord next, NodeSet members) {
    if (!members.contains(change.node().value()) || !state.settings().rules().sparesRunning()) {
      return;
    }
    Member now = next.members().list().find(change.node()).orElseThrow();
    boolean stays =
        change
            .member()
            .filter(then -> then.host().equals(now.host()) && then.port() == now.port())
            .isPresent();
    if (!stays) {
      throw new WeftException(
          MemberErrors.MEMBER_RUNS,
          change.node()
              + " belongs to view "
              + (next.epoch() - 1)
              + "; stop it first, then "
              + (change.member().isPresent() ? "change its address" : "remove it"));
    }
  }

  /** The nodes that run have to be a quorum with the changed list, too. */
  private void checkQuorum(
      MemberChange change, ViewRecord next, AgreedMembers list, NodeSet members) {
    ViewRecord changed = new ViewRecord(next.epoch(), next.proposer(), next.entries(), list);
    if (!state.isQuorum(changed, members)) {
      QuorumRule rule = state.rule(changed);
      throw new WeftException(
          MemberErrors.QUORUM_AT_RISK,
          "with "
              + change.node()
              + " a quorum would be "
              + rule.quorum()
              + " of "
              + rule.votes()
              + " votes, and "
              + NodeNames.names(members)
              + ", which run, have "
              + rule.votesOf(members)
              + "; start members that are down first, or remove them");
    }
  }
}
