// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.peer.LimitedLog;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Takes up the calls of other nodes. A caller whose hello fits is passed to its {@link Peer}; the
 * others are refused with a reason, counted, and logged at most once a minute for each caller.
 * Owned by the receiving thread.
 */
final class Calls implements ShmLoop.Source {
  private static final Logger LOG = System.getLogger(Calls.class.getName());

  private final LocalNode local;
  private final ClusterDirectory directory;
  private final String self;
  private final NodePage page;
  private final ShmLoop loop;
  private final PeerTable peers;
  private final NodeStop stop;
  private final LimitedLog ofUnknown = new LimitedLog(System::nanoTime);

  /** Log limits by the id that callers claim, so that one caller does not hide another. */
  private final Map<Integer, LimitedLog> of = new HashMap<>();

  private int seen;
  private long made;

  Calls(
      LocalNode local,
      ClusterDirectory directory,
      String self,
      NodePage page,
      ShmLoop loop,
      PeerTable peers,
      NodeStop stop) {
    this.local = local;
    this.directory = directory;
    this.self = self;
    this.page = page;
    this.loop = loop;
    this.peers = peers;
    this.stop = stop;
  }

  /** The directory of the cluster. */
  ClusterDirectory directory() {
    return directory;
  }

  /** This incarnation, as {@link FileName} writes it. */
  String self() {
    return self;
  }

  /** A number for the next call of this incarnation. */
  long nextNumber() {
    return ++made;
  }

  // ---- callers

  @Override
  public boolean hasWork() {
    return page.calls() != seen;
  }

  @Override
  public boolean poll() {
    if (!hasWork()) {
      return false;
    }
    seen = page.calls(); // before the look: a later call is counted again
    try {
      for (Path call : directory.calls(self)) {
        takeUp(call);
      }
    } catch (IOException e) {
      ofUnknown.warn(LOG, "cannot look for calls: " + e);
    }
    return true;
  }

  private void takeUp(Path call) {
    try {
      NodeId id = local.node().nodeId();
      Wire wire = Wire.open(directory, call, id.value(), local.node().incarnation());
      new Handshake(
              new Accepting(local, this),
              wire,
              loop,
              local.settings().handshakeTimeout(),
              stop::onThrown)
          .begin();
    } catch (NoSuchFileException e) {
      LOG.log(Level.DEBUG, "the caller has withdrawn its call: {0}", e.getMessage());
    } catch (IOException | WeftException e) {
      counted("rejected a call: " + e);
    }
  }

  @Override
  public void checkPeer() {
    // callers are peers of their connections
  }

  /** Whether another node with that id, 0 or larger, is configured. */
  boolean isPeer(int id) {
    return peers.contains(id);
  }

  /** Passes a caller that fits to its peer; its hello has been read. */
  void introduce(Handshake handshake, Hello hello) {
    peers.get(hello.from()).onHello(handshake, hello);
  }

  /**
   * Sends a caller the reason of its refusal, and closes the connection.
   *
   * @param caller the id that it claims, if that could be read
   * @param again whether the same refusal was sent before, so that it is not logged again
   */
  void refuse(Handshake handshake, OptionalInt caller, Refused refusal, boolean again) {
    local.counters().rejectedConnections().increment();
    String text = "refused " + handshake.address() + ": " + refusal.toException();
    if (again) {
      LOG.log(Level.DEBUG, text);
    } else {
      logOf(caller).warn(LOG, text);
    }
    handshake.sayAndClose(refusal);
  }

  private LimitedLog logOf(OptionalInt caller) {
    return caller.isPresent() && caller.getAsInt() <= NodeId.MAX
        ? of.computeIfAbsent(caller.getAsInt(), _ -> new LimitedLog(System::nanoTime))
        : ofUnknown;
  }

  /** A caller has not sent a valid hello. */
  void onRejected(WeftException reason) {
    counted("rejected a connection: " + reason);
  }

  private void counted(String text) {
    local.counters().rejectedConnections().increment();
    ofUnknown.warn(LOG, text);
  }
}
