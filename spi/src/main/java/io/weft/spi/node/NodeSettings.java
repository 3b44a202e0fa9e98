// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.ResourceClass;
import java.util.List;
import java.util.Map;

/**
 * What every part of a node may know about it; checked by the assembly.
 *
 * @param clusterName name of the cluster, 1 to 64 characters; nodes of other clusters are refused
 * @param nodeId this node
 * @param incarnation tells this start of the node from earlier ones; grows with every start
 * @param members all configured nodes, this one included, ascending by id; the view has some of
 *     them
 * @param blockBytes physical block size, a power of two from 4,096 to 65,536
 * @param resourceClasses classes of files; a file that is missing is {@link ResourceClass#DATA}
 * @param agreed what all nodes must have alike; always has the cluster's name, members and block
 *     size
 */
public record NodeSettings(
    String clusterName,
    NodeId nodeId,
    long incarnation,
    List<Member> members,
    int blockBytes,
    Map<Integer, ResourceClass> resourceClasses,
    ClusterSettings agreed) {
  /** Copies the collections, and adds what is alike in every cluster. */
  public NodeSettings {
    members = List.copyOf(members);
    resourceClasses = Map.copyOf(resourceClasses);
    agreed = ClusterSettings.core(clusterName, members, blockBytes).and(agreed);
  }

  /** Of a node whose plugins have no settings that must be alike. */
  public NodeSettings(
      String clusterName,
      NodeId nodeId,
      long incarnation,
      List<Member> members,
      int blockBytes,
      Map<Integer, ResourceClass> resourceClasses) {
    this(
        clusterName,
        nodeId,
        incarnation,
        members,
        blockBytes,
        resourceClasses,
        ClusterSettings.NONE);
  }

  /** The entry of this node. */
  public Member self() {
    return members.stream()
        .filter(member -> member.id().equals(nodeId))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(nodeId + " is not among " + members));
  }
}
