// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.Member;
import io.weft.api.MemberList;
import io.weft.api.NodeSet;
import io.weft.plugin.sim.node.RecoveryRules;
import io.weft.recovery.membership.AgreementRules;
import io.weft.spi.membership.AgreedMembers;
import java.util.List;

/** A rule of members that change, broken. */
enum MemberMutant {
  TWO_AT_ONCE("vote for a list that differs in two members", 1) {
    @Override
    AgreementRules rules() {
      return new AgreementRules() {
        @Override
        protected AgreedMembers proposed(AgreedMembers changed) {
          MemberList list = changed.list();
          return new AgreedMembers(
              new MemberList(list.version(), heavier(list.members()), list.removed()),
              changed.request());
        }

        @Override
        protected boolean follows(AgreedMembers next, AgreedMembers before) {
          return true;
        }
      };
    }
  },
  RUNNING("take a member that runs out of the list, or change its address", 1) {
    @Override
    AgreementRules rules() {
      return new AgreementRules() {
        @Override
        protected boolean sparesRunning() {
          return false;
        }
      };
    }
  },
  NEXT_LIST("ignore the quorum of the changed list", 8) {
    @Override
    AgreementRules rules() {
      return new AgreementRules() {
        @Override
        protected boolean asksNextList() {
          return false;
        }
      };
    }
  },
  OWN_FILE("form a view with a quorum of the list in the file", 74) {
    @Override
    AgreementRules rules() {
      return new AgreementRules() {
        @Override
        protected NodeSet counted(NodeSet agreed, NodeSet configured) {
          return configured;
        }
      };
    }
  };

  private final String meaning;
  private final long first;

  MemberMutant(String meaning, long first) {
    this.meaning = meaning;
    this.first = first;
  }

  /** The first seed of the drill: those before it were seen not to find this, and take time. */
  long first() {
    return first;
  }

  String meaning() {
    return meaning;
  }

  abstract AgreementRules rules();

  RecoveryRules recovery() {
    return new RecoveryRules() {
      @Override
      public AgreementRules agreement() {
        return rules();
      }
    };
  }

  private static List<Member> heavier(List<Member> members) {
    return members.stream()
        .map(
            member ->
                new Member(member.id(), member.host(), member.port(), member.weight() % 997 + 1))
        .toList();
  }
}
