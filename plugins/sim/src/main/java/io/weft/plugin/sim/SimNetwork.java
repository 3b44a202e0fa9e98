// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.Epoch;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.session.Arrival;
import io.weft.spi.session.FrameType;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The network of a simulated cluster. Connections carry frames in order and lose what is under way
 * when they break; sessions make that exactly once; behind the session every message waits again,
 * so that the engine sees them in any order (TR-2). A payload is read from the sender's memory when
 * it arrives, as late as can be, and given back when the sender hears of it: if it changed
 * meanwhile, {@link Invariant#IMAGE_UNCHANGED} is broken.
 */
public final class SimNetwork {
  private static final int MAX_HEADER_BYTES = 1024;
  private static final int MAX_SERVICE = 255;

  /**
   * How the network behaves.
   *
   * @param link from one session to the other, in order
   * @param reorder from the session to the engine, in any order
   * @param acknowledge until the receiver's session acknowledges
   * @param connected how long a connection lasts; {@link Delay#NONE}: for ever
   * @param broken until it comes back
   */
  public record Conduct(
      Delay link, Delay reorder, Delay acknowledge, Delay connected, Delay broken) {}

  /** Looks at the payloads that leave a node. */
  @FunctionalInterface
  public interface PayloadCheck {
    /** {@code node} hands an image to the network. */
    void onShip(int node, MemorySegment image, int checksum);
  }

  private static final PeerListener NOBODY_LISTENS =
      new PeerListener() {
        @Override
        public void onConnected(NodeId peer) {}

        @Override
        public void onGoodbye(NodeId peer) {}

        @Override
        public void onLost(NodeId peer, WeftException reason) {}
      };

  private final Simulation simulation;
  private final Conduct conduct;
  private final PayloadCheck payloadCheck;
  private final List<NodeTransport> transports;
  private final Connection[][] connections;
  private final byte[] scratch = new byte[MAX_HEADER_BYTES];
  private boolean healed;
  private int payloadsOut;
  private long payloadsReleased;
  private long reordered;
  private long resent;
  private long duplicates;
  private long disconnects;

  /** Makes the network of as many nodes as there are clocks. */
  public SimNetwork(
      Simulation simulation,
      Conduct conduct,
      List<LamportClock> clocks,
      PayloadCheck payloadCheck) {
    this.simulation = simulation;
    this.conduct = conduct;
    this.payloadCheck = payloadCheck;
    int nodes = clocks.size();
    this.transports =
        IntStream.range(0, nodes).mapToObj(n -> new NodeTransport(n, clocks.get(n))).toList();
    this.connections = new Connection[nodes][nodes];
    for (int a = 0; a < nodes; a++) {
      for (int b = a + 1; b < nodes; b++) {
        connections[a][b] = new Connection(a, b);
        connections[b][a] = connections[a][b];
      }
    }
  }

  /** The transport of a node. */
  public Transport of(int node) {
    return transports.get(node);
  }

  /** Connects all nodes, each pair at its own time, and from then on breaks connections. */
  public void connect() {
    for (int a = 0; a < connections.length; a++) {
      for (int b = a + 1; b < connections.length; b++) {
        Connection connection = connections[a][b];
        simulation.schedule(conduct.link, a, connection::connect);
      }
    }
  }

  /** Lets no connection break from here on. */
  public void heal() {
    healed = true;
  }

  /** Payloads that have not been given back. */
  public int payloadsOut() {
    return payloadsOut;
  }

  /** Messages that were handed to the engine after a later one of the same sender. */
  public long reordered() {
    return reordered;
  }

  /** Frames sent again after a reconnect. */
  public long resent() {
    return resent;
  }

  /** Frames that arrived twice. */
  public long duplicates() {
    return duplicates;
  }

  /** Broken connections. */
  public long disconnects() {
    return disconnects;
  }

  /** An image on its way: knows what it looked like when it was handed over. */
  private final class Image implements Payload {
    private final Payload payload;
    private final int checksum;

    Image(Payload payload, int checksum) {
      this.payload = payload;
      this.checksum = checksum;
    }

    @Override
    public MemorySegment segment() {
      return payload.segment();
    }

    @Override
    public void released() {
      payloadsOut--;
      payloadsReleased++;
      payload.released();
    }
  }

  /** The connection of two nodes, each end with its session. */
  private final class Connection {
    private final Direction forth;
    private final Direction back;
    private final int node;
    private int generation;

    Connection(int a, int b) {
      node = a;
      forth = new Direction(this, a, b);
      back = new Direction(this, b, a);
    }

    Direction from(int sender) {
      return sender == node ? forth : back;
    }

    void connect() {
      int connected = generation;
      openLater(forth, connected);
      openLater(back, connected);
      if (conduct.connected != Delay.NONE && !healed) {
        simulation.schedule(conduct.connected, node, this::disconnect);
      }
    }

    /** Each end finds the connection up at its own time, in an event of its own node. */
    private void openLater(Direction direction, int connected) {
      simulation.schedule(
          conduct.link,
          direction.from,
          () -> {
            if (generation == connected) {
              direction.open();
            }
          });
    }

    private void disconnect() {
      if (healed) {
        return;
      }
      simulation.record(Trace.What.DISCONNECTED, node, back.from, generation);
      disconnects++;
      forth.up = false;
      back.up = false;
      generation++;
      simulation.schedule(conduct.broken, node, this::connect);
    }
  }

  /** One direction of a connection: the sender's and the receiver's half of a session. */
  private final class Direction {
    private final Connection connection;
    private final int from;
    private final int to;
    private final OutboundSession outbound = new OutboundSession();
    private final InboundSession inbound = new InboundSession();
    private boolean up;
    private long lastArrival;
    private long lastDelivered;
    private int undelivered;
    private boolean goodbye;
    private boolean acknowledging;

    Direction(Connection connection, int from, int to) {
      this.connection = connection;
      this.from = from;
      this.to = to;
    }

    void send(OutboundMessage message) {
      outbound.offer(message); // drops it after the end
      if (up) {
        transmit();
      }
    }

    /** Sends again what the receiver lacks, and sometimes frames that it does not lack. */
    void open() {
      if (outbound.isEnded()) {
        return;
      }
      simulation.record(Trace.What.CONNECTED, from, to, connection.generation);
      boolean knowsWhatArrived = simulation.random().nextInt(4) > 0;
      resent +=
          outbound.resumeFrom(knowsWhatArrived ? inbound.received() : outbound.acknowledged());
      up = true; // not before: giving payloads back may have made the engine send
      transmit();
      acknowledgeSoon();
    }

    private void transmit() {
      while (outbound.hasNext()) {
        OutboundMessage message = outbound.next();
        long scn = transports.get(from).clock.current();
        int generation = connection.generation;
        long arrival =
            Math.max(lastArrival + 1, simulation.now() + conduct.link.sample(simulation.random()));
        lastArrival = arrival;
        simulation.schedule(arrival - simulation.now(), to, () -> arrive(message, scn, generation));
      }
    }

    private void arrive(OutboundMessage message, long scn, int generation) {
      simulation.quiet();
      if (generation != connection.generation || connection.from(to).outbound.isEnded()) {
        return; // lost with its connection
      }
      long sequence = message.sequence();
      Arrival arrival =
          inbound.arrive(sequence, message.epoch(), message.payloadBytes(), Epoch.FIRST.value());
      simulation.record(Trace.What.ARRIVED, to, from, sequence);
      acknowledgeSoon();
      if (arrival == Arrival.DUPLICATE) {
        duplicates++;
        return;
      }
      if (arrival != Arrival.DELIVER) {
        simulation.violate(Invariant.CONTRACT, "session of n" + to + " says " + arrival);
        return;
      }
      if (message.type() == FrameType.GOODBYE) {
        goodbye = true;
        sayGoodbye();
        return;
      }
      undelivered++;
      MemorySegment buffer = MemorySegment.NULL;
      if (message.payload() instanceof Image image) {
        MemorySegment source = image.segment();
        buffer = simulation.borrow();
        MemorySegment.copy(source, 0, buffer, 0, source.byteSize());
        if (simulation.checksum(buffer.asSlice(0, source.byteSize())) != image.checksum) {
          simulation.violate(
              Invariant.IMAGE_UNCHANGED,
              "n"
                  + from
                  + " changed an image before n"
                  + to
                  + " had it: "
                  + transports.get(from).describe(message.header()));
        }
      }
      MemorySegment arrived = buffer;
      simulation.schedule(conduct.reorder, to, () -> deliver(message, scn, sequence, arrived));
    }

    private void deliver(OutboundMessage message, long scn, long sequence, MemorySegment buffer) {
      byte[] header = message.header();
      simulation.record(Trace.What.DELIVERED, to, from, sequence, header);
      if (sequence < lastDelivered) {
        reordered++;
      }
      lastDelivered = Math.max(lastDelivered, sequence);
      System.arraycopy(header, 0, scratch, 0, header.length);
      transports
          .get(to)
          .deliver(
              from,
              message.service(),
              scn,
              ByteBuffer.wrap(scratch, 0, header.length),
              buffer.asSlice(0, message.payloadBytes()));
      Arrays.fill(scratch, 0, header.length, (byte) 0xA5);
      if (message.payloadBytes() > 0) {
        simulation.giveBack(buffer);
      }
      undelivered--;
      sayGoodbye();
    }

    /** What a leaver sent before has been delivered: from here on nothing goes to it any more. */
    private void sayGoodbye() {
      if (goodbye && undelivered == 0) {
        goodbye = false;
        simulation.schedule(
            conduct.reorder,
            to,
            () -> {
              simulation.record(Trace.What.GOODBYE, to, from, 0);
              connection.from(to).outbound.end();
              if (!transports.get(to).left) {
                transports.get(to).listener.onGoodbye(new NodeId(from));
              }
            });
      }
    }

    private void acknowledgeSoon() {
      if (!acknowledging) {
        acknowledging = true;
        simulation.schedule(conduct.acknowledge, from, this::acknowledge);
      }
    }

    private void acknowledge() {
      long before = payloadsReleased;
      acknowledging = false;
      if (up && !outbound.isEnded()) {
        inbound.acknowledgementSent();
        if (inbound.received() > outbound.acknowledged()) {
          simulation.record(Trace.What.ACKNOWLEDGED, from, to, inbound.received());
          outbound.acknowledge(inbound.received());
        }
      }
      if (payloadsReleased == before) {
        simulation.quiet(); // no image was given back to the engine
      }
    }
  }

  /** One node's end of the network. */
  private final class NodeTransport implements Transport {
    private final int node;
    private final LamportClock clock;
    private final MessageHandler[] handlers = new MessageHandler[MAX_SERVICE + 1];
    private PeerListener listener = NOBODY_LISTENS;
    private boolean started;
    private boolean left;

    NodeTransport(int node, LamportClock clock) {
      this.node = node;
      this.clock = clock;
    }

    @Override
    public String name() {
      return "sim";
    }

    @Override
    public void register(int service, MessageHandler handler) {
      if (started || handlers[service] != null) {
        throw new IllegalStateException("service " + service + " is registered too late or twice");
      }
      handlers[service] = handler;
    }

    @Override
    public void start(PeerListener peers) {
      started = true;
      listener = peers;
    }

    @Override
    public void send(int to, int service, Lane lane, byte[] header, Payload payload) {
      if (to == node || header.length > MAX_HEADER_BYTES) {
        simulation.violate(
            Invariant.CONTRACT, "n" + node + " sends " + header.length + " bytes to n" + to);
        return;
      }
      if (left) {
        payload.released();
        return;
      }
      MemorySegment image = payload.segment();
      int checksum = 0;
      Payload tracked = Payload.NONE;
      if (image.byteSize() > 0) {
        checksum = simulation.checksum(image);
        payloadsOut++;
        payloadCheck.onShip(node, image, checksum);
        tracked = new Image(payload, checksum);
      }
      simulation.record(Trace.What.SENT, node, to, checksum, header);
      connections[node][to]
          .from(node)
          .send(OutboundMessage.of(service, lane, Epoch.FIRST.value(), header, tracked));
    }

    void deliver(int from, int service, long scn, ByteBuffer header, MemorySegment image) {
      if (left) {
        return;
      }
      clock.observe(scn);
      byte[] kept = Arrays.copyOf(header.array(), header.limit());
      try {
        handlers[service].onMessage(from, header, image);
      } catch (RuntimeException e) {
        simulation.violate(
            new Violation(Invariant.NODE_RUNS, "n" + node + " failed at " + describe(kept), e));
      }
    }

    private String describe(byte[] header) {
      return HexFormat.of().formatHex(header);
    }

    /** Ends without a goodbye. */
    @Override
    public void abort() {
      left = true;
      for (int peer = 0; peer < connections.length; peer++) {
        if (peer != node) {
          connections[node][peer].from(node).outbound.end();
        }
      }
    }

    /** Says goodbye; whatever comes afterwards is for nobody. */
    @Override
    public void close() {
      for (int peer = 0; peer < connections.length; peer++) {
        if (peer != node && !connections[node][peer].from(node).outbound.isEnded()) {
          connections[node][peer].from(node).send(OutboundMessage.goodbye(Epoch.FIRST.value()));
        }
      }
      left = true;
    }
  }
}
