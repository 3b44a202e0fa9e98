// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * A node in a {@link View}.
 *
 * @param id the node
 * @param host name or address that its peers connect to
 * @param port TCP port, 1 to 65,535
 * @param weight its capacity beside that of other members, 1 to {@value #MAX_WEIGHT}: a member of
 *     weight 200 masters twice as many blocks as one of weight 100, if the hash strategy honours
 *     weights
 */
public record Member(NodeId id, String host, int port, int weight) {
  /** The weight of a member whose configuration names none. */
  public static final int DEFAULT_WEIGHT = 100;

  /** Largest legal weight. */
  public static final int MAX_WEIGHT = 10_000;

  /** Rejects an empty host, and ports and weights outside their ranges. */
  public Member {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host of " + id + " is empty");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " of " + id + " is outside 1 to 65535");
    }
    if (weight < 1 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException(
          "weight " + weight + " of " + id + " is outside 1 to " + MAX_WEIGHT);
    }
  }

  /** Creates a member of the default weight. */
  public Member(NodeId id, String host, int port) {
    this(id, host, port, DEFAULT_WEIGHT);
  }

  /** The id and the address; also the weight, unless it is the default. */
  @Override
  public String toString() {
    return id + "@" + host + ":" + port + (weight == DEFAULT_WEIGHT ? "" : " weight " + weight);
  }
}
