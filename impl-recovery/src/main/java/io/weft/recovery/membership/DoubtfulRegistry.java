// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.node.StoragePlace;
import java.util.List;
import java.util.Optional;

/**
 * A registry whose answer that an incarnation has ended may turn out to be unreliable. Thread-safe.
 */
final class DoubtfulRegistry implements ClusterRegistry {
  private final ClusterRegistry registry;
  private volatile boolean distrusted;

  DoubtfulRegistry(ClusterRegistry registry) {
    this.registry = registry;
  }

  /** From here on no incarnation counts as ended; records are still trusted. */
  void distrust() {
    distrusted = true;
  }

  @Override
  public String name() {
    return registry.name();
  }

  @Override
  public Optional<StoragePlace> place() {
    return registry.place();
  }

  @Override
  public long lastIncarnation(int node) {
    return registry.lastIncarnation(node);
  }

  @Override
  public void recordIncarnation(long incarnation) {
    registry.recordIncarnation(incarnation);
  }

  @Override
  public void open() {
    registry.open();
  }

  @Override
  public Optional<Entry> latest() {
    return registry.latest();
  }

  @Override
  public boolean propose(long epoch, byte[] record) {
    return registry.propose(epoch, record);
  }

  @Override
  public void reserveScn(long upTo) {
    registry.reserveScn(upTo);
  }

  @Override
  public long reservedScn() {
    return registry.reservedScn();
  }

  @Override
  public boolean hasStopped(int node, long incarnation, boolean kill) {
    return !distrusted && registry.hasStopped(node, incarnation, kill);
  }

  @Override
  public String seenOf(int node) {
    return registry.seenOf(node);
  }

  /** What it sees of some nodes: a sentence for operators. Blocks. */
  String seenOfAll(NodeSet nodes) {
    return ". The registry sees: " + NodeNames.list(nodes, "; ", this::seenOf);
  }

  @Override
  public long ask(byte[] request, long above) {
    return registry.ask(request, above);
  }

  @Override
  public List<Request> requests() {
    return registry.requests();
  }

  @Override
  public void answer(long number, byte[] answer) {
    registry.answer(number, answer);
  }

  @Override
  public Optional<byte[]> answer(long number) {
    return registry.answer(number);
  }

  @Override
  public void close() {
    registry.close();
  }
}
