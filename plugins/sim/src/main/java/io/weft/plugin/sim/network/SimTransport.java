// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.cachefusion.CacheFusion;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** The transport of one process of a node: it sends on the links to the other nodes. */
final class SimTransport implements Transport {
  private static final int MAX_HEADER_BYTES = 1024;

  private final Simulation simulation;
  private final NetworkConduct conduct;
  private final PayloadCheck payloadCheck;
  private final SimEndpoint endpoint;
  private final SimProcess process;

  /** By peer. */
  private final SortedMap<Integer, SimLink> links;

  /** The transport of the process that stands at {@code endpoint}. */
  SimTransport(
      Simulation simulation,
      NetworkConduct conduct,
      PayloadCheck payloadCheck,
      SimEndpoint endpoint,
      SortedMap<Integer, SimLink> links) {
    this.simulation = simulation;
    this.conduct = conduct;
    this.payloadCheck = payloadCheck;
    this.endpoint = endpoint;
    this.process = endpoint.process();
    this.links = Collections.unmodifiableSortedMap(links);
  }

  @Override
  public String name() {
    return "sim";
  }

  @Override
  public void register(int service, MessageHandler handler) {
    endpoint.register(service, handler);
  }

  @Override
  public void start(PeerListener peers) {
    endpoint.start(peers);
    links.values().forEach(SimLink::connectLater);
  }

  private Optional<SimDirection> to(int peer) {
    return links.get(peer).from(process);
  }

  @Override
  public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
    if (to == process.node() || header.length > MAX_HEADER_BYTES) {
      simulation.violate(
          Invariant.CONTRACT, process + " sends " + header.length + " bytes to n" + to);
      return;
    }
    if (endpoint.hasLeft()) {
      payload.released();
      return;
    }
    MemorySegment image = payload.segment();
    int checksum = 0;
    Payload tracked = Payload.NONE;
    if (image.byteSize() > 0) {
      checksum = simulation.checksum(image);
      if (service == CacheFusion.SERVICE) {
        payloadCheck.onShip(process, image, checksum);
      }
      tracked = new ShippedImage(endpoint, payload, checksum);
    }
    OutboundMessage message = OutboundMessage.of(service, lane, epoch, header, tracked);
    simulation.record(Trace.What.SENT, process, to, checksum, MessageDetail.of(message));
    Optional<SimDirection> session = to(to);
    long present = session.map(direction -> direction.to().incarnation()).orElse(0L);
    long expected =
        process.views().installed().map(view -> view.incarnation(new NodeId(to))).orElse(0L);
    boolean waits =
        session.isEmpty() || expected > present; // for the incarnation that the view names
    if (waits && epoch != Views.NO_EPOCH) {
      endpoint.queuedFor(to).add(message);
    } else if (session.isPresent()) {
      session.get().send(message);
    } else {
      message.payload().released();
    }
  }

  @Override
  public void viewInstalled(Runnable quiet) {
    long epoch = process.views().epoch();
    simulation.schedule(conduct.link(), process, quiet);
    endpoint.unpark(epoch).forEach(Runnable::run);
  }

  @Override
  public void evict(int node, long incarnation) {
    if (!endpoint.evict(node, incarnation)) {
      return;
    }
    simulation.record(Trace.What.EVICTED, process, node, incarnation);
    to(node)
        .filter(direction -> direction.to().incarnation() <= incarnation)
        .ifPresent(direction -> links.get(node).end(direction));
  }

  @Override
  public void contacts(List<Member> members) {
    if (!endpoint.hasLeft()) {
      endpoint.contacts(members);
      links.values().forEach(SimLink::connectLater);
    }
  }

  /** Ends without a goodbye. */
  @Override
  public void abort() {
    if (endpoint.hasLeft()) {
      return;
    }
    endpoint.leave();
    links.forEach(
        (peer, link) -> {
          endpoint.queuedFor(peer).forEach(message -> message.payload().released());
          endpoint.queuedFor(peer).clear();
          link.from(process).ifPresent(SimDirection::stopSending);
          link.processEnds(false);
        });
  }

  /** Says goodbye; what comes afterwards reaches no node. */
  @Override
  public void close() {
    if (endpoint.hasLeft()) {
      return;
    }
    links.values().forEach(link -> link.from(process).ifPresent(SimDirection::sayGoodbye));
    endpoint.leave();
  }
}
