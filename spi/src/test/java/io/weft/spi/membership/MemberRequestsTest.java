// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.api.MemberErrors;
import io.weft.api.MemberList;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Asking for a change of the members, whatever the registry and other processes do meanwhile. */
final class MemberRequestsTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final List<Member> TWO = List.of(member(0, 100), member(1, 100));

  private AgreedMembers agreed = AgreedMembers.first(TWO);
  private Optional<byte[]> answer = Optional.empty();
  private boolean answersGoAtOnce;
  private int failures;
  private int asked;
  private long now;
  private Runnable whileWaiting = () -> {};

  private static Member member(int id, int weight) {
    return new Member(new NodeId(id), "host" + id, 1000 + id, weight);
  }

  private ClusterRegistry registry() {
    return (ClusterRegistry)
        Proxy.newProxyInstance(
            ClusterRegistry.class.getClassLoader(),
            new Class<?>[] {ClusterRegistry.class},
            (_, method, arguments) ->
                switch (method.getName()) {
                  case "latest" -> Optional.of(new ClusterRegistry.Entry(1, record()));
                  case "ask" -> (long) ++asked;
                  case "answer" -> answer(arguments);
                  default -> throw new AssertionError(method);
                });
  }

  private byte[] record() {
    byte[] list = agreed.encode();
    return ByteBuffer.allocate(list.length + 8).put(list).putInt(list.length).putInt(0).array();
  }

  private Object answer(Object[] arguments) {
    if (arguments.length == 2) {
      answer =
          answersGoAtOnce ? Optional.empty() : answer.or(() -> Optional.of((byte[]) arguments[1]));
      return null;
    }
    if (failures > 0) {
      failures--;
      throw new WeftException(MembershipErrors.REGISTRY_UNAVAILABLE, "for a moment");
    }
    return answer;
  }

  private MemberRequests requests(boolean honoursWeights) {
    return new MemberRequests(
        registry(),
        TWO,
        honoursWeights,
        () -> now,
        () -> {
          now += 100_000_000;
          whileWaiting.run();
        });
  }

  private void carryOut(long number) {
    agreed = new AgreedMembers(new MemberList(1, TWO, NodeSet.NONE), number);
  }

  private WeftException refused(MemberRequests requests, MemberChange change) {
    return assertThrows(WeftException.class, () -> requests.change(change, LIMIT));
  }

  @Test
  void aWeightThatHasNoEffectIsRefusedBeforeAnythingIsAsked() {
    WeftException e = refused(requests(false), MemberChange.add(member(2, 200)));
    assertEquals(MemberErrors.BAD_MEMBER, e.code());
    assertTrue(e.getMessage().contains("ignores weights"), e::getMessage);
    assertEquals(
        MemberErrors.BAD_MEMBER,
        refused(requests(false), MemberChange.change(member(1, 50))).code());
    assertEquals(0, asked);
    answer = Optional.of(MemberAnswer.DONE.encode());
    requests(true).change(MemberChange.add(member(2, 200)), LIMIT);
    requests(false).change(MemberChange.add(member(2, 100)), LIMIT);
  }

  @Test
  void aRegistryThatFailsForAMomentEndsNothing() {
    failures = 3;
    answer = Optional.of(MemberAnswer.DONE.encode());
    assertEquals(agreed, requests(true).change(MemberChange.remove(new NodeId(1)), LIMIT));
  }

  @Test
  void whatNobodyCarriesOutIsWithdrawn() {
    WeftException e = refused(requests(true), MemberChange.remove(new NodeId(1)));
    assertEquals(MemberErrors.NOT_CARRIED_OUT, e.code());
    assertEquals(
        MemberErrors.NOT_CARRIED_OUT.number(), MemberAnswer.decode(answer.orElseThrow()).code());
  }

  /** So many have been answered since, or its file is damaged. */
  @Test
  void aRequestWhoseAnswerIsGoneIsWithdrawnAllTheSame() {
    answersGoAtOnce = true;
    WeftException e = refused(requests(true), MemberChange.remove(new NodeId(1)));
    assertEquals(MemberErrors.NOT_CARRIED_OUT, e.code());
  }

  @Test
  void whatTheRecordHasIsDoneWhateverTheAnswerSays() {
    whileWaiting =
        () -> {
          carryOut(1);
          answer =
              Optional.of(MemberAnswer.refused(MemberErrors.MEMBER_RUNS, "a late leader").encode());
        };
    assertEquals(1, requests(true).change(MemberChange.remove(new NodeId(1)), LIMIT).request());
    answer = Optional.empty();
    whileWaiting = () -> carryOut(2);
    assertEquals(2, requests(true).change(MemberChange.remove(new NodeId(1)), LIMIT).request());
  }

  @Test
  void anInterruptedThreadWithdrawsItsRequestAtOnce() {
    whileWaiting = () -> Thread.currentThread().interrupt();
    WeftException e = refused(requests(true), MemberChange.remove(new NodeId(1)));
    assertTrue(Thread.interrupted(), "the caller sees it, too");
    assertEquals(CoreErrors.INTERRUPTED, e.code());
    assertTrue(answer.isPresent());
    assertTrue(now < LIMIT.toNanos());
  }

  /** One gives a weight, the other an address, both derived from the same list. */
  @Test
  void ofTwoChangesAtOnceNoneUndoesTheOther() {
    MemberChange weight = MemberChange.change(member(1, 100), member(1, 200));
    Member moved = new Member(new NodeId(1), "elsewhere", 7, 100);
    MemberChange address = MemberChange.decode(MemberChange.change(member(1, 100), moved).encode());
    AgreedMembers after = agreed.after(weight, 1);
    WeftException e = assertThrows(WeftException.class, () -> after.after(address, 2));
    assertEquals(MemberErrors.MEMBER_CHANGED, e.code());
    assertEquals(List.of(member(0, 100), moved), agreed.after(address, 1).list().members());
  }
}
