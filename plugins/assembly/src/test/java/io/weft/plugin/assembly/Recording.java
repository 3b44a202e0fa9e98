// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.RecoveryProgress;
import io.weft.api.WeftException;
import io.weft.spi.membership.Membership;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.view.Views;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What the fake parts of one cluster do, and what a test makes them do. */
final class Recording {
  private static final Map<String, Recording> BY_CLUSTER = new ConcurrentHashMap<>();

  final List<String> events = new ArrayList<>();
  final Map<Integer, Fakes.Link> links = new ConcurrentHashMap<>();
  final Map<Integer, CompletableFuture<Void>> drains = new ConcurrentHashMap<>();
  final Map<Integer, NodeFailure> failures = new ConcurrentHashMap<>();
  final Map<Integer, Views> views = new ConcurrentHashMap<>();
  final Map<Integer, CompletableFuture<Void>> leaves = new ConcurrentHashMap<>();
  volatile CompletableFuture<Void> force = CompletableFuture.completedFuture(null);
  volatile CompletableFuture<Void> storeClose = CompletableFuture.completedFuture(null);
  volatile RuntimeException refusal;
  volatile Supplier<Optional<RecoveryProgress>> progress = Optional::empty;
  volatile Supplier<Membership.Joining> joining = () -> Membership.Joining.UNKNOWN;
  volatile List<String> obstacles = List.of();
  volatile WeftException noTransport;
  volatile WeftException noView;

  /** The recording of a cluster; each test has a cluster of its own. */
  static Recording of(String cluster) {
    return BY_CLUSTER.computeIfAbsent(cluster, _ -> new Recording());
  }

  synchronized void add(int node, String event) {
    events.add(node + " " + event);
    notifyAll();
  }

  synchronized List<String> of(int node) {
    String prefix = node + " ";
    return events.stream()
        .filter(event -> event.startsWith(prefix))
        .map(event -> event.substring(prefix.length()))
        .toList();
  }

  /** Waits until an event has been recorded. */
  synchronized void await(int node, String event) throws InterruptedException {
    while (!events.contains(node + " " + event)) {
      wait();
    }
  }

  /** The drain of a node, which completes when the test says so. */
  CompletableFuture<Void> drain(int node) {
    return drains.computeIfAbsent(node, _ -> CompletableFuture.completedFuture(null));
  }

  /** The leaving of a node, which completes when the test says so. */
  CompletableFuture<Void> leave(int node) {
    return leaves.computeIfAbsent(node, _ -> CompletableFuture.completedFuture(null));
  }
}
