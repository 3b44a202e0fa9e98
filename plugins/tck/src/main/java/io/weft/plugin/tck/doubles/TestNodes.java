// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.spi.node.NodeSettings;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Nodes that nobody starts: their settings and views, for parts that want to know who they are. */
public final class TestNodes {
  /** The cluster of all nodes that are not said to be of another one. */
  public static final String CLUSTER = "test";

  /** The block size of all nodes that are not said to have another one. */
  public static final int BLOCK_BYTES = 8_192;

  private TestNodes() {}

  /** The first life of a node. */
  public static NodeSettings node(int id) {
    return node(id, 1);
  }

  /** A life of a node that is the only member of its cluster. */
  public static NodeSettings node(int id, long incarnation) {
    return node(CLUSTER, id, incarnation, BLOCK_BYTES);
  }

  /** A life of a node that is the only member of its cluster. */
  public static NodeSettings node(String cluster, int id, long incarnation, int blockBytes) {
    return new NodeSettings(
        cluster, new NodeId(id), incarnation, members(id), blockBytes, Map.of());
  }

  /** Entries of these nodes, at addresses that nobody listens to. */
  public static List<Member> members(int... ids) {
    return IntStream.of(ids)
        .mapToObj(id -> new Member(new NodeId(id), "localhost", 1 + id))
        .toList();
  }

  /** The first view, of these nodes. */
  public static View view(int... ids) {
    return view(Epoch.FIRST, ids);
  }

  /** A view of these nodes. */
  public static View view(Epoch epoch, int... ids) {
    return new View(epoch, members(ids));
  }
}
