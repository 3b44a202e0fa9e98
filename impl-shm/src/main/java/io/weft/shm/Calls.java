// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.peer.LimitedLog;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.peer.Peer;
import io.weft.spi.peer.Peers;
import io.weft.spi.peer.Refusals;
import io.weft.spi.session.HandshakeMessage.Hello;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Takes up the calls of other nodes. A caller whose hello fits is passed to its {@link Peer}; the
 * others are refused ({@link Refusals}). Owned by the receiving thread.
 */
final class Calls implements ShmLoop.Source, CallScreening.Introductions {
  private static final Logger LOG = System.getLogger(Calls.class.getName());

  private final LocalNode local;
  private final NodePlace place;
  private final ShmLoop loop;
  private final Peers<RingHandshake> peers;
  private final Refusals refusals;
  private final NodeStop stop;
  private final LimitedLog hidden = new LimitedLog(System::nanoTime);
  private int seen;

  Calls(
      LocalNode local,
      NodePlace place,
      ShmLoop loop,
      Peers<RingHandshake> peers,
      Refusals refusals,
      NodeStop stop) {
    this.local = local;
    this.place = place;
    this.loop = loop;
    this.peers = peers;
    this.refusals = refusals;
    this.stop = stop;
  }

  @Override
  public boolean hasWork() {
    return place.page().calls() != seen;
  }

  @Override
  public boolean poll() {
    if (!hasWork()) {
      return false;
    }
    seen = place.page().calls(); // before the look: a later call is counted again
    try {
      for (Path call : place.waitingCalls()) {
        takeUp(call);
      }
    } catch (IOException e) {
      refusals.onRejected(e);
    }
    return true;
  }

  private void takeUp(Path call) {
    try {
      NodeId id = local.node().nodeId();
      Wire wire = Wire.open(place.directory(), call, id.value(), local.node().incarnation());
      new RingHandshake(
              new CallScreening(local, refusals, this),
              wire,
              loop,
              local.times().handshake(),
              stop::onThrown)
          .begin();
    } catch (NoSuchFileException e) {
      LOG.log(Level.DEBUG, "the caller has withdrawn its call: {0}", e.getMessage());
    } catch (IOException | WeftException e) {
      refusals.onRejected(e);
    }
  }

  @Override
  public void checkPeer() {
    // callers are peers of their connections; but whether they can call at all is seen here
    place.whyHidden().ifPresent(text -> hidden.warn(LOG, text));
  }

  @Override
  public void close() {
    // calls that wait are deleted by their callers
  }

  @Override
  public boolean isPeer(int id) {
    return peers.contains(id);
  }

  @Override
  public void introduce(RingHandshake handshake, Hello hello) {
    peers.introduce(handshake, hello);
  }
}
