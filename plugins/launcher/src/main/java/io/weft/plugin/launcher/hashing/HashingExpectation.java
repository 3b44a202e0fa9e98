// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.hashing;

import io.weft.spi.directory.Buckets;
import java.util.Optional;

/**
 * What mathematics says about a strategy for nodes with consecutive ids and equal weights, if its
 * hash is as good as random.
 */
public sealed interface HashingExpectation {
  /** The coefficient of variation of the nodes' buckets. */
  double variation(int nodes);

  /** The share of the buckets that move when a node with the next id joins. */
  double joinMoved(int nodes);

  /** The share of the buckets that move when a node leaves, on average over the nodes. */
  double leaveMoved(int nodes);

  /**
   * The expectation for a strategy of this distribution.
   *
   * @param module the strategy's module
   * @param virtualNodes the virtual nodes of the ring
   * @return empty for a strategy of others
   */
  static Optional<HashingExpectation> of(String module, int virtualNodes) {
    return switch (module) {
      case "io.weft.plugin.hash.ring" -> Optional.of(new Ring(virtualNodes));
      case "io.weft.plugin.hash.jump", "io.weft.plugin.hash.rendezvous" ->
          Optional.of(new Choices());
      case "io.weft.plugin.hash.modulo" -> Optional.of(new Turns());
      default -> Optional.empty();
    };
  }

  /** Each bucket chooses its node at random: the number of a node's buckets is binomial. */
  record Choices() implements HashingExpectation {
    @Override
    public double variation(int nodes) {
      return Math.sqrt((nodes - 1.0) / Buckets.COUNT);
    }

    @Override
    public double joinMoved(int nodes) {
      return 1.0 / (nodes + 1);
    }

    @Override
    public double leaveMoved(int nodes) {
      return 1.0 / nodes;
    }
  }

  /**
   * Nodes and buckets are random points on a ring: the number of a node's buckets is beta-binomial.
   * For many buckets and nodes its coefficient of variation is 1 / sqrt(virtual nodes).
   *
   * @param virtualNodes points of each node
   */
  record Ring(int virtualNodes) implements HashingExpectation {
    @Override
    public double variation(int nodes) {
      double own = virtualNodes;
      double others = (nodes - 1.0) * virtualNodes;
      return Math.sqrt(
          others * (own + others + Buckets.COUNT) / (Buckets.COUNT * own * (own + others + 1)));
    }

    @Override
    public double joinMoved(int nodes) {
      return 1.0 / (nodes + 1);
    }

    @Override
    public double leaveMoved(int nodes) {
      return 1.0 / nodes;
    }
  }

  /** Buckets go to the nodes in turn: the first ones may have one more than the others. */
  record Turns() implements HashingExpectation {
    @Override
    public double variation(int nodes) {
      double withOneMore = Buckets.COUNT % nodes;
      return Math.sqrt(withOneMore * (nodes - withOneMore)) / Buckets.COUNT;
    }

    /**
     * Of nodes * (nodes + 1) successive buckets the first ones stay, as many as there are nodes.
     */
    @Override
    public double joinMoved(int nodes) {
      long period = (long) nodes * (nodes + 1);
      long stay = Buckets.COUNT / period * nodes + Math.min(Buckets.COUNT % period, nodes);
      return 1 - (double) stay / Buckets.COUNT;
    }

    /** About; exact in the limit of many buckets. */
    @Override
    public double leaveMoved(int nodes) {
      return 1 - 1.0 / nodes;
    }
  }
}
