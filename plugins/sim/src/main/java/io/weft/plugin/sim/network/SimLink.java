// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.api.WeftException;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.transport.TransportErrors;
import java.util.Optional;

/**
 * The link between two nodes: a connection that comes and goes, and the session on it, which
 * outlives the connection for a while.
 */
final class SimLink {
  /** Until a node that was refused tries again. */
  private static final Delay REFUSED = new Delay(Delay.Shape.UNIFORM, 5_000_000, 5_000_000);

  private final Simulation simulation;
  private final NetworkConditions conditions;
  private final NetworkCounts counts;
  private final int a;
  private final int b;

  /** The latest process at either end, if there is one. */
  private Optional<SimEndpoint> atA = Optional.empty();

  private Optional<SimEndpoint> atB = Optional.empty();
  private Optional<SimSession> session = Optional.empty();
  private boolean up;

  /** How many connections have broken. */
  private int generation;

  private boolean attempting;

  /** A link without a process at its ends. */
  SimLink(Simulation simulation, NetworkConditions conditions, NetworkCounts counts, int a, int b) {
    this.simulation = simulation;
    this.conditions = conditions;
    this.counts = counts;
    this.a = a;
    this.b = b;
  }

  private NetworkConduct conduct() {
    return conditions.conduct();
  }

  /** A new process stands at one end. */
  void attach(SimEndpoint endpoint) {
    if (endpoint.process().node() == a) {
      atA = Optional.of(endpoint);
    } else {
      atB = Optional.of(endpoint);
    }
  }

  /** Whether two processes can talk to each other at present. */
  boolean isConnected(SimProcess one, SimProcess other) {
    return up && session.filter(present -> present.isBetween(one, other)).isPresent();
  }

  /**
   * Whether two processes have met and not lost each other, though the connection may be broken.
   */
  boolean hasSession(SimProcess one, SimProcess other) {
    return session
        .filter(present -> present.isBetween(one, other) && !present.isOver())
        .isPresent();
  }

  /** The direction in which a process speaks, if it has a session. */
  Optional<SimDirection> from(SimProcess process) {
    return session.flatMap(present -> present.from(process));
  }

  // ---- a connection comes

  /** Tries to connect soon, and again until it works. */
  void connectLater() {
    connectLater(conduct().link());
  }

  private void connectLater(Delay delay) {
    if (!attempting && !up) {
      attempting = true;
      simulation.schedule(delay, simulation.world(), this::attempt);
    }
  }

  private void attempt() {
    simulation.quiet();
    attempting = false;
    Optional<SimEndpoint> one = atA.filter(SimEndpoint::isOpen);
    Optional<SimEndpoint> other = atB.filter(SimEndpoint::isOpen);
    if (!up
        && one.isPresent()
        && other.isPresent() // otherwise a new process will try again
        && SimEndpoint.find(one.get(), other.get())) { // otherwise a new list will
      connect(one.get(), other.get());
    }
  }

  private void connect(SimEndpoint one, SimEndpoint other) {
    boolean cut = conditions.isCut(a, b) || conditions.isCut(b, a);
    if (cut || one.process().isPaused() || other.process().isPaused()) {
      connectLater(conduct().broken());
    } else if (one.refuses(other) || other.refuses(one)) {
      tellEvicted(one, other);
      tellEvicted(other, one);
    } else if (tellDifferences(one, other) | tellDifferences(other, one)) {
      connectLater(REFUSED);
    } else if (findSession(one, other)) {
      connected();
    }
  }

  /** A node that has evicted another says so. */
  private void tellEvicted(SimEndpoint refusing, SimEndpoint refused) {
    if (!refusing.refuses(refused)) {
      return;
    }
    WeftException reason =
        new WeftException(
            TransportErrors.EVICTED, refusing.process() + " has evicted " + refused.process());
    simulation.schedule(
        conduct().link(),
        refused.process(),
        () -> refused.listener().onLost(refusing.id(), refusing.process().incarnation(), reason));
  }

  /** Whether a node refuses one that calls it; a newcomer stops if it is told to. */
  private boolean tellDifferences(SimEndpoint called, SimEndpoint caller) {
    Optional<WeftException> refusal = called.refusalOf(caller);
    if (refusal.filter(caller::stopsFor).isPresent()) {
      simulation.schedule(conduct().link(), caller.process(), () -> caller.stop(refusal.get()));
    }
    return refusal.isPresent();
  }

  /** Whether there is a session to go on with, or a new one; the former one may have to end. */
  private boolean findSession(SimEndpoint one, SimEndpoint other) {
    if (session.isEmpty() || !session.get().isBetween(one.process(), other.process())) {
      session.ifPresent(former -> former.lose("its next process has begun"));
      SimDirection forth =
          new SimDirection(simulation, conditions, counts, one, other, () -> breakDown(false));
      session = Optional.of(new SimSession(forth));
      session.get().begin();
      return true;
    }
    if (session.get().isOver()) {
      session.get().lose("the peer has given the session up");
      return false;
    }
    return true;
  }

  private void connected() {
    up = true;
    simulation.record(Trace.What.CONNECTED, a, b, generation);
    int connected = generation;
    session.orElseThrow().directions().forEach(direction -> openLater(direction, connected));
    if (conditions.breaksConnections()) {
      simulation.schedule(
          conduct().connected(),
          simulation.world(),
          () -> {
            if (generation == connected && conditions.breaksConnections()) {
              breakDown(false);
            }
          });
    }
  }

  /** Each end finds the connection up at its own time, in an event of its own. */
  private void openLater(SimDirection direction, int connected) {
    simulation.schedule(
        conduct().link(),
        direction.from(),
        () -> {
          if (generation == connected && up) {
            direction.open();
          }
        });
  }

  // ---- a connection goes

  /** The connection breaks; both ends notice, unless something is cut. */
  void breakDown(boolean forGood) {
    if (!up) {
      return;
    }
    simulation.record(Trace.What.DISCONNECTED, a, b, generation);
    counts.disconnects++;
    down();
    SimSession broken = session.orElseThrow();
    if (forGood) {
      broken.lose("nothing gets through");
      connectLater(conduct().broken());
      return;
    }
    broken.tellDisconnected();
    int present = generation;
    simulation.schedule(
        conduct().resumeNs(),
        simulation.world(),
        () -> {
          if (generation == present && !up) {
            broken.lose("it has not come back in time");
          }
        });
    connectLater(conduct().broken());
  }

  private void down() {
    up = false;
    generation++;
    session.ifPresent(SimSession::down);
  }

  /** One direction is cut: the session ends unless that is mended in time. */
  void cut(int from, int to) {
    int present = generation;
    simulation.schedule(
        conduct().resumeNs(),
        simulation.world(),
        () -> {
          if (conditions.isCut(from, to) && generation == present) {
            breakDown(true);
          }
        });
  }

  /** The process at one end ends; {@code silently}: the other end does not notice at once. */
  void processEnds(boolean silently) {
    int present = generation;
    Runnable gone =
        () -> {
          if (up && generation == present) {
            breakDown(false);
          }
        };
    if (silently) {
      simulation.schedule(conduct().resumeNs(), simulation.world(), gone);
    } else {
      simulation.schedule(conduct().link(), simulation.world(), gone);
    }
  }

  /** A process that has evicted its peer ends its session, and the peer will hear of it. */
  void end(SimDirection mine) {
    boolean wasUp = up;
    SimDirection theirs = mine.reverse();
    mine.end();
    if (wasUp) {
      down();
      connectLater(conduct().broken()); // to be told that it has been evicted
      simulation.schedule(
          conduct().link(), theirs.from(), () -> theirs.lose("the peer has ended the session"));
    }
  }
}
