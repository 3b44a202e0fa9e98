// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.ResourceClass;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.store.BlockLayout;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The settings of the node itself, directly under {@code weft}; {@code reference.conf} describes
 * them.
 */
record CoreSettings(
    String clusterName,
    int nodeId,
    List<MemberSettings> members,
    ByteSize blockSize,
    String storageId,
    Map<String, ResourceClass> resourceClasses,
    List<String> pluginPath,
    List<String> nativeAccess,
    Duration formTimeout,
    Duration drainTimeout,
    Duration leaveTimeout) {
  /** Longest cluster name, in characters. */
  private static final int MAX_NAME = 64;

  CoreSettings {
    try {
      new BlockLayout(Math.toIntExact(blockSize.bytes()));
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "block-size " + blockSize + " is not a power of two from 4 KiB to 64 KiB", e);
    }
    if (!storageId.isEmpty()) {
      checkUuid(storageId);
    }
    checkFiles(resourceClasses);
    checkBetween("form-timeout", formTimeout, Duration.ofSeconds(1), Duration.ofDays(1));
    checkBetween("drain-timeout", drainTimeout, Duration.ofSeconds(1), Duration.ofDays(1));
    checkBetween("leave-timeout", leaveTimeout, Duration.ZERO, Duration.ofHours(1));
    if (clusterName.isBlank() || clusterName.length() > MAX_NAME) {
      throw new IllegalArgumentException(
          "cluster-name has " + clusterName.length() + " characters; allowed are 1 to " + MAX_NAME);
    }
    checkId("node-id", nodeId);
    checkMembers(members, nodeId);
  }

  /** The settings that the parts of the node get. */
  NodeSettings toNodeSettings(long incarnation, ClusterSettings agreed) {
    List<Member> all =
        members.stream()
            .map(MemberSettings::toMember)
            .sorted(Comparator.comparing(Member::id))
            .toList();
    Map<Integer, ResourceClass> classes = new HashMap<>();
    resourceClasses.forEach((file, kind) -> classes.put(Integer.valueOf(file), kind));
    int blockBytes = Math.toIntExact(blockSize.bytes());
    return new NodeSettings(
        clusterName, new NodeId(nodeId), incarnation, all, blockBytes, classes, agreed);
  }

  /** The identity of the storage that this node requires; empty for any. */
  Optional<UUID> expectedStorage() {
    return storageId.isEmpty() ? Optional.empty() : Optional.of(UUID.fromString(storageId));
  }

  private static void checkUuid(String id) {
    if (!id.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")) {
      throw new IllegalArgumentException(
          "storage-id "
              + id
              + " is not the identity of a storage, such as"
              + " 0b9ff2c4-2f0e-4f52-9d3e-4d5f0a1b2c3d; the node that creates a storage logs it");
    }
  }

  static void checkId(String key, int id) {
    if (id < 0 || id > NodeId.MAX) {
      throw new IllegalArgumentException(key + " " + id + " is outside 0 to " + NodeId.MAX);
    }
  }

  private static void checkMembers(List<MemberSettings> members, int nodeId) {
    Set<Integer> ids = new HashSet<>();
    Set<String> addresses = new HashSet<>();
    for (MemberSettings member : members) {
      if (!ids.add(member.id())) {
        throw new IllegalArgumentException("members has the id " + member.id() + " twice");
      }
      String address = member.host() + ":" + member.port();
      if (!addresses.add(address)) {
        throw new IllegalArgumentException("members has the address " + address + " twice");
      }
    }
    if (!ids.contains(nodeId)) {
      throw new IllegalArgumentException(
          "members has no entry for this node; its node-id is " + nodeId);
    }
  }

  private static void checkFiles(Map<String, ResourceClass> classes) {
    for (String file : classes.keySet()) {
      try {
        Integer.parseInt(file);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "resource-classes has the key " + file + ", which is not the number of a file", e);
      }
    }
  }

  private static void checkBetween(String key, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          key
              + " "
              + value.toSeconds()
              + " s is outside "
              + least.toSeconds()
              + " s to "
              + most.toSeconds()
              + " s");
    }
  }
}
