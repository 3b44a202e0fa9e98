// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.Arrival;
import io.weft.spi.session.FrameType;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.session.Terms;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The network of a simulated cluster. Connections carry frames in order and lose what is under way
 * when they break; sessions between two lives make that exactly once; behind the session every
 * message waits again, so that the engine sees them in any order (TR-2), and is judged by its epoch
 * when that wait is over (TR-6). A payload is read from the sender's memory when it arrives, as
 * late as can be, and given back when the sender hears of it: if it changed meanwhile, {@link
 * Invariant#IMAGE_UNCHANGED} is broken.
 *
 * <p>A cut swallows nothing: what meets it arrives when it is mended, if the connection lives that
 * long, as with TCP.
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
   * @param resumeNs how long a session outlives its connection
   */
  public record Conduct(
      Delay link, Delay reorder, Delay acknowledge, Delay connected, Delay broken, long resumeNs) {}

  /** Looks at the payloads that leave a node. */
  @FunctionalInterface
  public interface PayloadCheck {
    /** {@code life} hands an image to the network. */
    void onShip(Life life, MemorySegment image, int checksum);
  }

  /** Until a node that was refused tries again. */
  private static final long REFUSED_NS = 5_000_000;

  private static final PeerListener NOBODY_LISTENS =
      new PeerListener() {
        @Override
        public void onConnected(NodeId peer, long incarnation) {}

        @Override
        public void onGoodbye(NodeId peer, long incarnation) {}

        @Override
        public void onLost(NodeId peer, long incarnation, WeftException reason) {}
      };

  private final Simulation simulation;
  private final Conduct conduct;
  private final PayloadCheck payloadCheck;
  private final List<Optional<NodeTransport>> transports = new ArrayList<>();
  private final Link[][] links;
  private final boolean[][] cut;
  private final List<List<List<Event>>> stalled = new ArrayList<>();
  private final byte[] scratch = new byte[MAX_HEADER_BYTES];
  private boolean healed;
  private boolean handlesOldEpochs;
  private long payloadsReleased;
  private long reordered;
  private long resent;
  private long duplicates;
  private long disconnects;
  private long dropped;
  private long parked;
  private long lost;

  /** Makes a network for {@code nodes} nodes, none of which lives yet. */
  public SimNetwork(Simulation simulation, Conduct conduct, int nodes, PayloadCheck payloadCheck) {
    this.simulation = simulation;
    this.conduct = conduct;
    this.payloadCheck = payloadCheck;
    this.links = new Link[nodes][nodes];
    this.cut = new boolean[nodes][nodes];
    for (int a = 0; a < nodes; a++) {
      transports.add(Optional.empty());
      List<List<Event>> row = new ArrayList<>();
      for (int b = 0; b < nodes; b++) {
        row.add(new ArrayList<>());
        if (b < a) {
          links[a][b] = new Link(b, a);
          links[b][a] = links[a][b];
        }
      }
      stalled.add(row);
    }
  }

  /** Gives a new life of a node its end of the network. */
  public Transport attach(Life life) {
    return attach(life, () -> termsOfAll(life), _ -> {});
  }

  private static Terms termsOfAll(Life life) {
    return new Terms(
        life.node(), life.incarnation(), ClusterSettings.NONE, StorageIdentity.NONE, "", 0);
  }

  /** The same, of a node that compares its terms with those of the others. */
  Transport attach(Life life, Supplier<Terms> terms, NodeFailure failure) {
    NodeTransport transport = new NodeTransport(life, terms, failure);
    transports.set(life.node(), Optional.of(transport));
    return transport;
  }

  /** Breaks rule R1, for the drill: hands messages over whatever their epoch. */
  void handleOldEpochs() {
    handlesOldEpochs = true;
  }

  /** Lets no connection break from here on, and mends all cuts. */
  public void heal() {
    healed = true;
    for (int a = 0; a < links.length; a++) {
      for (int b = 0; b < links.length; b++) {
        mend(a, b);
      }
    }
  }

  /** From here on nothing gets from one node to another. */
  void cut(int from, int to) {
    if (from == to || cut[from][to] || healed) {
      return;
    }
    simulation.record(Trace.What.CUT, from, to, 0);
    cut[from][to] = true;
    Link link = links[from][to];
    int generation = link.generation;
    simulation.schedule(
        conduct.resumeNs,
        simulation.world(),
        () -> {
          if (cut[from][to] && link.generation == generation) {
            link.breakDown(true);
          }
        });
  }

  /** What was cut off gets through again. */
  void mend(int from, int to) {
    if (!cut[from][to]) {
      return;
    }
    simulation.record(Trace.What.MENDED, from, to, 0);
    cut[from][to] = false;
    List<Event> late = stalled.get(from).get(to);
    for (Event event : late) {
      simulation.scheduleInOrder(0, event.life, event.action);
    }
    late.clear();
  }

  boolean isCut(int from, int to) {
    return cut[from][to];
  }

  /** Breaks the connection between two nodes; the session survives. */
  void reset(int a, int b) {
    links[a][b].breakDown(false);
  }

  /** The process of {@code life} has ended; {@code silently}: nobody is told. */
  void died(Life life, boolean silently) {
    transports.get(life.node()).ifPresent(transport -> transport.left = true);
    for (int peer = 0; peer < links.length; peer++) {
      if (peer != life.node()) {
        Link link = links[life.node()][peer];
        int generation = link.generation;
        if (silently || cut[life.node()][peer]) {
          simulation.schedule(conduct.resumeNs, simulation.world(), () -> link.gone(generation));
        } else {
          simulation.schedule(conduct.link, simulation.world(), () -> link.gone(generation));
        }
      }
    }
  }

  /** Whether two lives can talk to each other at present. */
  boolean isConnected(Life a, Life b) {
    if (a == b) {
      return true;
    }
    Link link = links[a.node()][b.node()];
    return link.up && link.session.map(session -> session.isBetween(a, b)).orElse(false);
  }

  /** Whether two lives have met and not lost each other, though the connection may be broken. */
  boolean hasSession(Life a, Life b) {
    return a == b
        || links[a.node()][b.node()]
            .session
            .map(session -> session.isBetween(a, b) && !session.isOver())
            .orElse(false);
  }

  /** Payloads of living nodes that have not been given back. */
  public int payloadsOut() {
    int out = 0;
    for (Optional<NodeTransport> transport : transports) {
      out += transport.filter(t -> !t.life.isDead()).map(t -> t.payloadsOut).orElse(0);
    }
    return out;
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

  /** Messages of older epochs that were dropped. */
  public long dropped() {
    return dropped;
  }

  /** Messages of newer epochs that were kept. */
  public long parked() {
    return parked;
  }

  /** Sessions that were lost. */
  public long lost() {
    return lost;
  }

  /** An image on its way: knows what it looked like when it was handed over. */
  private final class Image implements Payload {
    private final NodeTransport owner;
    private final Payload payload;
    private final int checksum;

    Image(NodeTransport owner, Payload payload, int checksum) {
      this.owner = owner;
      this.payload = payload;
      this.checksum = checksum;
    }

    @Override
    public MemorySegment segment() {
      return payload.segment();
    }

    @Override
    public void released() {
      owner.payloadsOut--;
      payloadsReleased++;
      payload.released();
    }
  }

  /** The link between two nodes: a connection that comes and goes, and the session on it. */
  private final class Link {
    private final int a;
    private final int b;
    private Optional<Session> session = Optional.empty();
    private boolean up;
    private int generation;
    private boolean attempting;

    Link(int a, int b) {
      this.a = a;
      this.b = b;
    }

    /** Tries to connect soon, and again until it works. */
    void connectLater(Delay delay) {
      if (!attempting && !up) {
        attempting = true;
        simulation.schedule(delay, simulation.world(), this::connect);
      }
    }

    private void connect() {
      simulation.quiet();
      attempting = false;
      Optional<NodeTransport> one = transports.get(a).filter(NodeTransport::isOpen);
      Optional<NodeTransport> other = transports.get(b).filter(NodeTransport::isOpen);
      if (up || one.isEmpty() || other.isEmpty()) {
        return; // a new life will try again
      }
      Life first = one.get().life;
      Life second = other.get().life;
      if (cut[a][b] || cut[b][a] || first.isPaused() || second.isPaused()) {
        connectLater(conduct.broken);
        return;
      }
      if (one.get().refuses(second) || other.get().refuses(first)) {
        refused(one.get(), other.get());
        return;
      }
      if (tellDifferences(one.get(), other.get()) | tellDifferences(other.get(), one.get())) {
        connectLater(new Delay(Delay.Shape.UNIFORM, REFUSED_NS, REFUSED_NS));
        return;
      }
      if (session.isEmpty() || !session.get().isBetween(first, second)) {
        session.ifPresent(former -> former.lose("its next life has begun"));
        Session begun = new Session(this, first, second);
        session = Optional.of(begun);
        begun.tellConnected();
      } else if (session.get().isOver()) {
        session.get().lose("the peer has given the session up");
        return;
      }
      up = true;
      simulation.record(Trace.What.CONNECTED, a, b, generation);
      int connected = generation;
      openLater(session.get().forth, connected);
      openLater(session.get().back, connected);
      if (conduct.connected != Delay.NONE && !healed) {
        simulation.schedule(
            conduct.connected,
            simulation.world(),
            () -> {
              if (generation == connected && !healed) {
                breakDown(false);
              }
            });
      }
    }

    /** Whether a node refuses one that calls it; a newcomer stops if it is told to. */
    private boolean tellDifferences(NodeTransport called, NodeTransport caller) {
      Optional<WeftException> refusal =
          called.terms.get().refusalOf(caller.terms.get(), called.holdsView());
      if (refusal.isPresent() && Terms.isOwnFault(refusal.get().code()) && !caller.isInView()) {
        simulation.schedule(conduct.link, caller.life, () -> caller.failure.stop(refusal.get()));
      }
      return refusal.isPresent();
    }

    /** One of them has evicted the other, and says so. */
    private void refused(NodeTransport one, NodeTransport other) {
      for (NodeTransport refusing : List.of(one, other)) {
        NodeTransport told = refusing == one ? other : one;
        if (refusing.refuses(told.life)) {
          simulation.schedule(
              conduct.link,
              told.life,
              () ->
                  told.listener.onLost(
                      new NodeId(refusing.life.node()),
                      refusing.life.incarnation(),
                      new WeftException(
                          TransportErrors.EVICTED, refusing.life + " has evicted " + told.life)));
        }
      }
    }

    /** Each end finds the connection up at its own time, in an event of its own. */
    private void openLater(Direction direction, int connected) {
      simulation.schedule(
          conduct.link,
          direction.from,
          () -> {
            if (generation == connected && up) {
              direction.open();
            }
          });
    }

    /** The connection breaks; both ends notice, unless something is cut. */
    void breakDown(boolean forGood) {
      if (!up) {
        return;
      }
      simulation.record(Trace.What.DISCONNECTED, a, b, generation);
      disconnects++;
      down();
      Session broken = session.orElseThrow();
      if (forGood) {
        broken.lose("nothing gets through");
        connectLater(conduct.broken);
        return;
      }
      broken.tellDisconnected();
      int present = generation;
      simulation.schedule(
          conduct.resumeNs,
          simulation.world(),
          () -> {
            if (generation == present && !up) {
              broken.lose("it has not come back in time");
            }
          });
      connectLater(conduct.broken);
    }

    private void down() {
      up = false;
      generation++;
      session.ifPresent(
          s -> {
            s.forth.up = false;
            s.back.up = false;
          });
    }

    /** One end's process has ended. */
    void gone(int generationThen) {
      if (up && generation == generationThen) {
        breakDown(false);
      }
    }
  }

  /** What two lives say to each other. */
  private final class Session {
    private final Direction forth;
    private final Direction back;

    Session(Link link, Life a, Life b) {
      forth = new Direction(link, this, a, b);
      back = new Direction(link, this, b, a);
    }

    boolean isBetween(Life a, Life b) {
      return forth.from == a && forth.to == b || forth.from == b && forth.to == a;
    }

    Direction from(Life sender) {
      return forth.from == sender ? forth : back;
    }

    boolean isOver() {
      return forth.over || back.over;
    }

    void tellConnected() {
      for (Direction direction : List.of(forth, back)) {
        NodeTransport transport = direction.sender();
        direction.takeQueued(transport);
        simulation.schedule(
            conduct.link,
            direction.from,
            () -> {
              if (!direction.over && !transport.left) {
                direction.told = true;
                transport.listener.onConnected(
                    new NodeId(direction.to.node()), direction.to.incarnation());
              }
            });
      }
    }

    void tellDisconnected() {
      for (Direction direction : List.of(forth, back)) {
        if (!cut[direction.to.node()][direction.from.node()]) {
          simulation.schedule(
              conduct.link,
              direction.from,
              () -> {
                if (direction.told && !direction.over && !direction.sender().left) {
                  direction
                      .sender()
                      .listener
                      .onDisconnected(new NodeId(direction.to.node()), direction.to.incarnation());
                }
              });
        }
      }
    }

    /** Each end gives it up at its own time. */
    void lose(String why) {
      for (Direction direction : List.of(forth, back)) {
        if (!direction.over && !direction.losing) {
          direction.losing = true;
          lost++;
          simulation.schedule(conduct.link, direction.from, () -> direction.lose(why));
        }
      }
    }
  }

  /** One direction of a session: the sender's and the receiver's half. */
  private final class Direction {
    private final Link link;
    private final Session session;
    private final Life from;
    private final Life to;
    private final OutboundSession outbound = new OutboundSession();
    private final InboundSession inbound = new InboundSession();

    /** Whether the sender has given the session up, or has been told that it is over. */
    private boolean over;

    private boolean losing;

    /** Whether the sender's listener knows the receiver. */
    private boolean told;

    private boolean up;
    private long lastArrival;
    private long lastDelivered;
    private int undelivered;
    private boolean goodbye;
    private boolean acknowledging;

    Direction(Link link, Session session, Life from, Life to) {
      this.link = link;
      this.session = session;
      this.from = from;
      this.to = to;
    }

    NodeTransport sender() {
      return transports.get(from.node()).filter(t -> t.life == from).orElseThrow();
    }

    private Direction reverse() {
      return session.from(to);
    }

    void takeQueued(NodeTransport transport) {
      ArrayDeque<OutboundMessage> queued = transport.queued.get(to.node());
      OutboundMessage message = queued.poll();
      while (message != null) {
        outbound.offer(message);
        message = queued.poll();
      }
    }

    void send(OutboundMessage message) {
      outbound.offer(message); // drops it after the end
      if (up) {
        transmit();
      }
    }

    /** Ends the session here; the listener hears of it. */
    void lose(String why) {
      if (over || sender().left) {
        return;
      }
      end();
      simulation.record(Trace.What.LOST, from, to.node(), to.incarnation());
      if (told) {
        sender()
            .listener
            .onLost(
                new NodeId(to.node()),
                to.incarnation(),
                new WeftException(TransportErrors.PEER_LOST, to + " is lost: " + why));
      }
    }

    /** Ends the session here without a word. */
    void end() {
      over = true;
      outbound.end();
    }

    /** Sends again what the receiver lacks, and sometimes frames that it does not lack. */
    void open() {
      if (outbound.isEnded()) {
        return;
      }
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
        long scn = from.clock().current();
        int generation = link.generation;
        long arrival =
            Math.max(lastArrival + 1, simulation.now() + conduct.link.sample(simulation.random()));
        lastArrival = arrival;
        simulation.scheduleInOrder(
            arrival - simulation.now(), to, () -> arrive(message, scn, generation));
      }
    }

    private void arrive(OutboundMessage message, long scn, int generation) {
      simulation.quiet();
      if (cut[from.node()][to.node()]) {
        stalled
            .get(from.node())
            .get(to.node())
            .add(new Event(0, 0, to, () -> arrive(message, scn, generation)));
        return;
      }
      if (generation != link.generation || reverse().over) {
        return; // lost with its connection
      }
      long sequence = message.sequence();
      Arrival arrival = inbound.arrive(sequence, message.epoch(), message.payloadBytes(), 0);
      simulation.record(Trace.What.ARRIVED, to, from.node(), sequence);
      acknowledgeSoon();
      if (arrival == Arrival.DUPLICATE) {
        duplicates++;
        return;
      }
      if (arrival == Arrival.GAP) {
        link.breakDown(false); // pauses and cuts have mixed things up: what is missing comes again
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
              from + " changed an image before " + to + " had it: " + describe(message.header()));
        }
      }
      Delivery delivery = new Delivery(this, message, scn, sequence, buffer);
      simulation.schedule(conduct.reorder, to, () -> deliver(delivery));
    }

    /** The epoch decides now, and not before: a view may have been installed meanwhile. */
    private void deliver(Delivery delivery) {
      NodeTransport receiver = transports.get(to.node()).filter(t -> t.life == to).orElseThrow();
      long epoch = delivery.message.epoch();
      long current = to.views().epoch();
      if (epoch != Views.NO_EPOCH && epoch > current) {
        simulation.quiet();
        simulation.record(Trace.What.PARKED, to, from.node(), epoch);
        parked++;
        receiver.parked.add(delivery);
        return;
      }
      if (epoch != Views.NO_EPOCH && epoch < current && !handlesOldEpochs) {
        simulation.quiet();
        simulation.record(Trace.What.DROPPED, to, from.node(), epoch, detail(delivery.message));
        dropped++;
        receiver.clock().observe(delivery.scn);
      } else {
        handle(receiver, delivery);
      }
      delivery.giveBack();
      undelivered--;
      sayGoodbye();
    }

    private void handle(NodeTransport receiver, Delivery delivery) {
      byte[] header = delivery.message.header();
      simulation.record(
          Trace.What.DELIVERED, to, from.node(), delivery.sequence, detail(delivery.message));
      if (delivery.sequence < lastDelivered) {
        reordered++;
      }
      lastDelivered = Math.max(lastDelivered, delivery.sequence);
      System.arraycopy(header, 0, scratch, 0, header.length);
      receiver.deliver(
          from.node(),
          delivery.message.service(),
          delivery.scn,
          ByteBuffer.wrap(scratch, 0, header.length),
          delivery.buffer.asSlice(0, delivery.message.payloadBytes()));
      Arrays.fill(scratch, 0, header.length, (byte) 0xA5);
    }

    /** What a leaver sent before has been delivered: from here on nothing goes to it any more. */
    private void sayGoodbye() {
      if (goodbye && undelivered == 0) {
        goodbye = false;
        simulation.schedule(
            conduct.reorder,
            to,
            () -> {
              simulation.record(Trace.What.GOODBYE, to, from.node(), 0);
              Direction mine = reverse();
              if (!mine.over && !mine.sender().left) {
                mine.end();
                mine.sender().listener.onGoodbye(new NodeId(from.node()), from.incarnation());
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
      if (cut[to.node()][from.node()]) {
        simulation.quiet();
        stalled.get(to.node()).get(from.node()).add(new Event(0, 0, from, this::acknowledge));
        return;
      }
      long before = payloadsReleased;
      acknowledging = false;
      if (up && !outbound.isEnded()) {
        inbound.acknowledgementSent();
        if (inbound.received() > outbound.acknowledged()) {
          simulation.record(Trace.What.ACKNOWLEDGED, from, to.node(), inbound.received());
          outbound.acknowledge(inbound.received());
        }
      }
      if (payloadsReleased == before) {
        simulation.quiet(); // no image was given back to the engine
      }
    }
  }

  /** A message that has arrived. */
  private final class Delivery {
    private final Direction direction;
    private final OutboundMessage message;
    private final long scn;
    private final long sequence;
    private final MemorySegment buffer;

    Delivery(
        Direction direction,
        OutboundMessage message,
        long scn,
        long sequence,
        MemorySegment buffer) {
      this.direction = direction;
      this.message = message;
      this.scn = scn;
      this.sequence = sequence;
      this.buffer = buffer;
    }

    void giveBack() {
      if (message.payloadBytes() > 0) {
        simulation.giveBack(buffer);
      }
    }
  }

  /** What the trace says of a message: the header of the cache's, whatever it is of others. */
  private static Object detail(OutboundMessage message) {
    return message.service() == CacheFusion.SERVICE
        ? message.header()
        : new Other(message.service(), message.header());
  }

  private record Other(int service, byte[] header) {
    @Override
    public String toString() {
      return "service " + service + ": " + describe(header);
    }
  }

  private static String describe(byte[] header) {
    return HexFormat.of().formatHex(header);
  }

  /** The end of the network of one life of a node. */
  private final class NodeTransport implements Transport {
    private final Life life;
    private final MessageHandler[] handlers = new MessageHandler[MAX_SERVICE + 1];
    private final List<ArrayDeque<OutboundMessage>> queued = new ArrayList<>();
    private final List<Delivery> parked = new ArrayList<>();
    private final long[] evicted = new long[links.length];
    private PeerListener listener = NOBODY_LISTENS;
    private final Supplier<Terms> terms;
    private final NodeFailure failure;
    private boolean started;
    private boolean left;
    private int payloadsOut;

    NodeTransport(Life life, Supplier<Terms> terms, NodeFailure failure) {
      this.life = life;
      this.terms = terms;
      this.failure = failure;
      for (int peer = 0; peer < links.length; peer++) {
        queued.add(new ArrayDeque<>());
      }
    }

    boolean isOpen() {
      return started && !left && !life.isDead();
    }

    boolean isInView() {
      return life.views().installed().isPresent();
    }

    boolean holdsView() {
      return isInView() && life.views().leaseHolds();
    }

    boolean refuses(Life peer) {
      return peer.incarnation() <= evicted[peer.node()];
    }

    io.weft.spi.session.LamportClock clock() {
      return life.clock();
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
      for (int peer = 0; peer < links.length; peer++) {
        if (peer != life.node()) {
          links[life.node()][peer].connectLater(conduct.link);
        }
      }
    }

    private Optional<Direction> to(int peer) {
      return links[life.node()][peer]
          .session
          .map(session -> session.from(life))
          .filter(direction -> direction.from == life);
    }

    @Override
    public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
      if (to == life.node() || header.length > MAX_HEADER_BYTES) {
        simulation.violate(
            Invariant.CONTRACT, life + " sends " + header.length + " bytes to n" + to);
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
        payloadCheck.onShip(life, image, checksum);
        tracked = new Image(this, payload, checksum);
      }
      OutboundMessage message = OutboundMessage.of(service, lane, epoch, header, tracked);
      simulation.record(Trace.What.SENT, life, to, checksum, detail(message));
      Optional<Direction> session = to(to);
      long present = session.map(direction -> direction.to.incarnation()).orElse(0L);
      long expected =
          life.views().installed().map(view -> view.incarnation(new NodeId(to))).orElse(0L);
      boolean waits = session.isEmpty() || expected > present; // for the life that the view names
      if (waits && epoch != Views.NO_EPOCH) {
        queued.get(to).add(message);
      } else if (session.isPresent()) {
        session.get().send(message);
      } else {
        message.payload().released();
      }
    }

    void deliver(int from, int service, long scn, ByteBuffer header, MemorySegment image) {
      if (left) {
        return;
      }
      life.clock().observe(scn);
      byte[] kept = Arrays.copyOf(header.array(), header.limit());
      try {
        handlers[service].onMessage(from, header, image);
      } catch (RuntimeException e) {
        simulation.violate(
            new Violation(Invariant.NODE_RUNS, life + " failed at " + describe(kept), e));
      }
    }

    @Override
    public void viewInstalled(Runnable quiet) {
      long epoch = life.views().epoch();
      simulation.schedule(conduct.link, life, quiet);
      List<Delivery> ready = new ArrayList<>(parked);
      parked.clear();
      for (Delivery delivery : ready) {
        if (delivery.message.epoch() > epoch) {
          parked.add(delivery);
        } else {
          simulation.schedule(conduct.reorder, life, () -> delivery.direction.deliver(delivery));
        }
      }
    }

    @Override
    public void evict(int node, long incarnation) {
      if (incarnation <= evicted[node]) {
        return;
      }
      simulation.record(Trace.What.EVICTED, life, node, incarnation);
      evicted[node] = incarnation;
      to(node)
          .filter(direction -> direction.to.incarnation() <= incarnation)
          .ifPresent(
              direction -> {
                Link link = links[life.node()][node];
                boolean wasUp = link.up;
                Direction theirs = direction.reverse();
                direction.end();
                if (wasUp) {
                  link.down();
                  link.connectLater(conduct.broken); // to be told that it has been evicted
                  simulation.schedule(
                      conduct.link,
                      theirs.from,
                      () -> theirs.lose("the peer has ended the session"));
                }
              });
    }

    /** Ends without a goodbye. */
    @Override
    public void abort() {
      if (left) {
        return;
      }
      left = true;
      for (int peer = 0; peer < links.length; peer++) {
        if (peer != life.node()) {
          queued.get(peer).forEach(message -> message.payload().released());
          queued.get(peer).clear();
          to(peer).ifPresent(direction -> direction.outbound.end());
          Link link = links[life.node()][peer];
          int generation = link.generation;
          simulation.schedule(conduct.link, simulation.world(), () -> link.gone(generation));
        }
      }
    }

    /** Says goodbye; whatever comes afterwards is for nobody. */
    @Override
    public void close() {
      if (left) {
        return;
      }
      for (int peer = 0; peer < links.length; peer++) {
        if (peer != life.node()) {
          to(peer)
              .filter(direction -> !direction.outbound.isEnded())
              .ifPresent(
                  direction -> direction.send(OutboundMessage.goodbye(life.views().epoch())));
        }
      }
      left = true;
    }
  }
}
