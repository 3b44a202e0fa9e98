// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link Transport} keeps when the list of nodes changes while it runs: rule TR-10.
 * Beside {@link TransportContract}.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class TransportContactsContract {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final List<TransportNode> nodes = new ArrayList<>();
  private final BlockingQueue<String> delivered = new LinkedBlockingQueue<>();
  private List<Member> members = List.of();

  /** A new transport that has not been started. */
  protected abstract Transport transport(TransportParts parts);

  /** Nodes 0 to {@code count - 1} of a new cluster, at addresses that nobody uses. */
  protected abstract List<Member> members(int count);

  @BeforeEach
  void chooseMembers() {
    members = members(4);
  }

  /** Ends all nodes; may be called again. */
  @AfterEach
  protected void closeNodes() {
    nodes.reversed().forEach(TransportNode::close);
  }

  /** Starts a node of a formed cluster, whose views have the list of its members. */
  private TransportNode start(List<Member> configured, int id, long life) {
    TransportNode node = new TransportNode(this::transport, configured, id, life, LONG, true);
    nodes.add(node);
    node.storage.formed(1);
    return node.handling(
            (from, header, _) ->
                delivered.add("n" + id + "." + life + " got " + header.getInt() + " of n" + from))
        .start();
  }

  private List<Member> only(int... ids) {
    List<Member> some = new ArrayList<>();
    for (int id : ids) {
      some.add(members.get(id));
    }
    return some;
  }

  private static void assertConnected(TransportNode a, TransportNode b) {
    assertTrue(a.nextNews().startsWith("connected n" + b.id()));
    assertTrue(b.nextNews().startsWith("connected n" + a.id()));
  }

  private void assertExchange(TransportNode a, TransportNode b, int number) {
    byte[] header = ByteBuffer.allocate(4).putInt(number).array();
    a.send(b.id(), Lane.REQUEST, Views.NO_EPOCH, header, Payload.NONE);
    assertTrue(TransportNode.next(delivered).endsWith("got " + number + " of n" + a.id()));
    b.send(a.id(), Lane.REQUEST, Views.NO_EPOCH, header, Payload.NONE);
    assertTrue(TransportNode.next(delivered).endsWith("got " + number + " of n" + b.id()));
  }

  private void assertNobodyFailed() {
    for (TransportNode node : nodes) {
      assertEquals(List.of(), List.copyOf(node.failures), () -> "failures of n" + node.id());
    }
  }

  @Test
  @Tag("TR-10")
  void aNodeThatNoListKnewBecomesAPeerAndMessagesFlow() {
    TransportNode old = start(only(0, 1), 1, 1);
    TransportNode fresh = start(only(2), 2, 1);
    assertThrows(
        IllegalArgumentException.class, () -> old.send(2, Lane.REQUEST, new byte[4], Payload.NONE));
    fresh.transport.contacts(members);
    old.transport.contacts(members);
    assertConnected(old, fresh);
    assertExchange(old, fresh, 4);
    assertNobodyFailed();
  }

  /** The one that dials has learnt of the other first, and the other way round. */
  @Test
  @Tag("TR-10")
  void aNodeWithASmallIdBecomesAPeer() {
    TransportNode old = start(only(1, 2), 2, 1);
    TransportNode fresh = start(only(0), 0, 1);
    old.transport.contacts(members);
    fresh.transport.contacts(members);
    assertConnected(old, fresh);
    assertExchange(old, fresh, 5);
    assertNobodyFailed();
  }

  /** Also what is sent before there is a session: the node is a peer at once. */
  @Test
  @Tag("TR-10")
  void whatIsSentToANewNodeWaitsForItsSession() {
    TransportNode old = start(only(0, 1), 1, 1);
    old.transport.contacts(members);
    old.send(2, Lane.REQUEST, ByteBuffer.allocate(4).putInt(6).array(), Payload.NONE);
    TransportNode fresh = start(members, 2, 1);
    assertConnected(old, fresh);
    assertEquals("n2.1 got 6 of n1", TransportNode.next(delivered));
  }

  @Test
  @Tag("TR-10")
  void aNodeIsReachedAtItsNewAddressAndAtItsConfiguredOne() {
    Member moved = new Member(new NodeId(0), members.get(3).host(), members.get(3).port());
    TransportNode dials = start(only(0, 1), 1, 1);
    TransportNode atFirst = start(only(0, 1), 0, 1);
    assertConnected(dials, atFirst);
    dials.transport.contacts(List.of(moved, members.get(1)));
    assertExchange(dials, atFirst, 7);
    atFirst.transport.abort();
    assertEquals("broken n0.1", dials.nextNews());
    TransportNode elsewhere = start(List.of(moved, members.get(1)), 0, 2);
    assertEquals("lost n0.1", dials.nextNews());
    assertConnected(dials, elsewhere);
    assertExchange(dials, elsewhere, 8);
    elsewhere.transport.abort();
    assertEquals("broken n0.2", dials.nextNews());
    TransportNode back = start(only(0, 1), 0, 3);
    assertEquals("lost n0.2", dials.nextNews());
    assertConnected(dials, back);
    assertExchange(dials, back, 9);
    assertNobodyFailed();
  }

  @Test
  @Tag("TR-10")
  void aSessionLastsAlthoughItsNodeIsNotListedAnyMore() {
    TransportNode one = start(only(0, 1), 0, 1);
    TransportNode other = start(only(0, 1), 1, 1);
    assertConnected(one, other);
    other.transport.contacts(only(1));
    one.transport.contacts(only(0));
    assertExchange(one, other, 10);
    other.transport.contacts(only(0, 1));
    assertExchange(one, other, 11);
    assertTrue(one.news.isEmpty() && other.news.isEmpty());
  }

  /** It asks, and so its former session ends; but nobody connects to it until it is listed. */
  @Test
  @Tag("TR-10")
  void aNodeThatIsNotListedAnyMoreIsNotConnectedTo() {
    TransportNode removed = start(only(0, 1, 2), 0, 1);
    TransportNode dials = start(only(0, 1, 2), 1, 1);
    assertConnected(removed, dials);
    dials.transport.contacts(only(1, 2));
    removed.transport.abort();
    assertEquals("broken n0.1", dials.nextNews());
    TransportNode again = start(only(0, 1, 2), 0, 2);
    assertEquals("lost n0.1", dials.nextNews());
    TransportNode witness = start(only(0, 2), 2, 1);
    assertConnected(witness, again);
    for (int i = 0; i < 300; i++) {
      assertExchange(witness, again, i);
    }
    assertTrue(dials.news.isEmpty(), dials.news::toString);
    assertTrue(again.news.isEmpty(), again.news::toString);
    dials.transport.contacts(only(0, 1));
    assertConnected(dials, again);
    assertExchange(dials, again, 12);
    assertNobodyFailed();
  }

  @Test
  @Tag("TR-10")
  void aListBeforeTheStartAndAfterTheEndHasNoEffect() {
    TransportNode node =
        new TransportNode(this::transport, only(0, 1), 0, 1, LONG, true).handling((_, _, _) -> {});
    nodes.add(node);
    node.transport.contacts(members);
    node.start();
    assertThrows(
        IllegalArgumentException.class,
        () -> node.send(2, Lane.REQUEST, new byte[4], Payload.NONE));
    node.transport.abort();
    node.transport.contacts(members);
    assertNobodyFailed();
  }
}
