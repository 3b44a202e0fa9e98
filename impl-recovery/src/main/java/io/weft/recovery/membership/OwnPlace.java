// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.Member;
import io.weft.api.MemberList;
import io.weft.api.NodeId;
import io.weft.spi.membership.MembershipErrors;
import java.util.Optional;

/**
 * Stops a newcomer for which the newest record has no place: it is no member, its address differs,
 * or its incarnation is one of the past. Owned by {@link ViewAgreement}.
 */
final class OwnPlace {
  private final AgreementState state;
  private final AgreementSettings settings;
  private final NodeId self;

  OwnPlace(AgreementState state) {
    this.state = state;
    this.settings = state.settings();
    this.self = new NodeId(settings.node());
  }

  /** Stops this node if a record to which it does not belong has no place for it. */
  void check(ViewRecord record) {
    checkMember(record);
    checkIncarnation(record);
  }

  /** The record knows this incarnation as gone, or a later one of this node. */
  private void checkIncarnation(ViewRecord record) {
    long last = record.incarnation(settings.node());
    if (last < settings.incarnation() || state.is(MembershipPhase.GONE)) {
      return;
    }
    if (last == settings.incarnation()) {
      state.stop(
          MembershipErrors.EVICTED, "view " + record.epoch() + " excludes this incarnation of it");
    } else {
      state.stop(
          MembershipErrors.OLD_INCARNATION,
          "this start has incarnation "
              + settings.incarnation()
              + ", but an earlier start had "
              + last
              + ", which the registry had forgotten (was the lock file of this node removed?)");
    }
  }

  /** The record's list does not have this node. */
  private void checkMember(ViewRecord record) {
    MemberList list = record.members().list();
    if (list.find(self).isPresent()) {
      return;
    }
    String add = "; add it with `weft member add`, then start it again";
    if (list.removed().contains(settings.node())) {
      state.stop(
          MembershipErrors.MEMBER_REMOVED,
          self + " has been taken out of the members of this cluster for good" + add);
    } else {
      state.stop(
          MembershipErrors.NOT_A_MEMBER,
          self
              + " is not among the members of this cluster, "
              + NodeNames.names(list.ids())
              + add
              + ". The list in weft.members counts only as long as there has been no view");
    }
  }

  /**
   * The agreed list may have another address of this node, and a member may run: the others would
   * connect to that one. If no member runs, the configured addresses are tried, too.
   *
   * @param hearsMembers whether a member talks to this node
   */
  void checkAddress(boolean hearsMembers) {
    Optional<Member> agreed = state.members().list().find(self);
    Optional<Member> own = settings.configured().list().find(self);
    if (hearsMembers && agreed.isPresent() && own.isPresent() && !isSame(agreed.get(), own.get())) {
      state.stop(
          MembershipErrors.ADDRESS_DIFFERS,
          "the configuration says "
              + own.get()
              + ", the agreed list of members "
              + agreed.get()
              + "; correct weft.members of this node, or change the list with `weft member change`,"
              + " then start it again");
    }
  }

  private static boolean isSame(Member a, Member b) {
    return a.host().equals(b.host()) && a.port() == b.port();
  }
}
