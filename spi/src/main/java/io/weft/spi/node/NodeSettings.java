// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.ResourceClass;
import java.util.List;
import java.util.Map;

/**
 * The settings that every part of a node may read. Checked by the assembly.
 *
 * @param clusterName name of the cluster, 1 to 64 characters; nodes of other clusters are refused
 * @param nodeId the id of this node
 * @param incarnation the incarnation of this node: a number that grows with every start
 * @param members all configured nodes, including this one, ascending by id; a view has a subset of
 *     them
 * @param blockBytes physical block size, a power of two from 4,096 to 65,536
 * @param resourceClasses classes of files; a file that is not in the map is {@link
 *     ResourceClass#DATA}
 * @param agreed the settings that must be equal on all nodes; always include the cluster's name,
 *     members and block size
 */
public record NodeSettings(
    String clusterName,
    NodeId nodeId,
    long incarnation,
    List<Member> members,
    int blockBytes,
    Map<Integer, ResourceClass> resourceClasses,
    ClusterSettings agreed) {
  /** Copies the collections, and adds the settings that are cluster-wide in every cluster. */
  public NodeSettings {
    members = List.copyOf(members);
    resourceClasses = Map.copyOf(resourceClasses);
    agreed = ClusterSettings.core(clusterName, members, blockBytes).and(agreed);
  }

  /** Creates the settings of a node whose plugins have no cluster-wide settings. */
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

  /**
   * The entry of this node in {@link #members}.
   *
   * @throws IllegalStateException if there is none
   */
  public Member self() {
    return members.stream()
        .filter(member -> member.id().equals(nodeId))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(nodeId + " is not among " + members));
  }
}
