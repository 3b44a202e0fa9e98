// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.transport.TransportErrors;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;

/**
 * The properties of a node that must match before it forms a session with a peer. The node that
 * accepts a connection (the called node) compares them with those of the connecting node (the
 * caller), for each connection. The first matching row decides the answer to the caller:
 *
 * <pre>
 *     what differs                            the called node          the answer
 *  1 the name of the cluster                 any                      FOREIGN_CLUSTER
 *  2 both settings and storage               any                      NOT_READY
 *  3 settings                                is in a view             SETTINGS_DIFFER      stops
 *  4 settings                                is in none               NOT_READY
 *  5 storage, the caller's has               is in a view             STORAGE_DIFFERS      stops
 *    no newer view
 *  6 storage, the caller's has a newer       is in a view             NOT_READY
 *    view, or has not been read yet
 *  7 storage                                 is in none               NOT_READY
 *  8 nothing; it has called itself           any                      MEMBERS_DIFFER
 *  9 nothing; both have the same id          is in a view             DUPLICATE_NODE_ID    stops
 * 10 nothing; both have the same id          is in none               NOT_READY
 * 11 nothing                                 any                      none: it is accepted
 * </pre>
 *
 * <p>A node stops only if the error is certainly its own. This is so if it differs from the newest
 * view in its own registry, which the membership checks itself. It is also so if it differs from a
 * member of a view of its own cluster whose membership lease holds. (The session adds one case: a
 * node that has seen a later incarnation of the caller's id reports that, in a view or not.) In all
 * other cases the error may be the peer's: an address of another cluster in the list of members, a
 * node with old settings, or an unmounted directory on the node that started first. So both nodes
 * report the difference, with the address and both values, and continue. Nodes that match form a
 * view if there are enough of them, and its members then refuse the other nodes with the reason. If
 * there are not enough, each start ends with the same text after its time to form a view.
 *
 * <p>The configured lists of members are compared only as long as both nodes know of no view. From
 * then on the list of the views counts, which each node reads in the registry.
 *
 * <p>Two clusters may have the same name. A caller that differs in settings <em>and</em> storage is
 * treated as a node of another cluster (row 2), because as long as there is no view, the list of
 * members is one of the settings. A storage with a newer view than that of the members (row 6) is
 * probably the right one.
 *
 * @param node the id of the node
 * @param incarnation the incarnation of the node
 * @param settings the settings that must be equal on all nodes
 * @param storage the identity of the storage
 * @param where the location of the storage, as text for an operator
 * @param formed the newest view of this storage and these settings that the registry has; 0 for
 *     none, {@link StorageIdentity#UNKNOWN} before it has been read
 */
public record Terms(
    int node, long incarnation, ClusterSettings settings, UUID storage, String where, long formed) {
  private static final String CLUSTER_NAME = "weft.cluster-name";

  /**
   * Whether a node that is not in a view must stop when it is refused with that code. After any
   * other code, known or unknown, it tries again: the sender may belong to another cluster or
   * release.
   */
  public static boolean isOwnFault(ErrorCode code) {
    return code.equals(TransportErrors.SETTINGS_DIFFER)
        || code.equals(TransportErrors.STORAGE_DIFFERS)
        || code.equals(TransportErrors.DUPLICATE_NODE_ID);
  }

  /**
   * The reason why the node with these terms refuses a caller; empty if it accepts the caller.
   *
   * @param caller the terms of the caller
   * @param inView whether this node is in a view and its membership lease holds
   */
  public Optional<WeftException> refusalOf(Terms caller, boolean inView) {
    boolean sameSettings = compared(caller, caller.settings).equals(compared(caller, settings));
    boolean sameStorage = isSame(caller.storage, storage);
    if (!caller.cluster().equals(cluster())) {
      return refusal(TransportErrors.FOREIGN_CLUSTER, otherCluster(caller));
    }
    if (!sameSettings) {
      ErrorCode code = TransportErrors.SETTINGS_DIFFER;
      String storages = sameStorage ? "" : "; besides, " + otherStorage(caller);
      return refusal(told(code, inView && sameStorage), otherSettings(caller) + storages);
    }
    if (!sameStorage) {
      boolean newer = caller.formed == StorageIdentity.UNKNOWN || caller.formed > formed;
      return refusal(told(TransportErrors.STORAGE_DIFFERS, inView && !newer), otherStorage(caller));
    }
    if (caller.node == node && caller.incarnation == incarnation) {
      return refusal(
          TransportErrors.MEMBERS_DIFFER,
          id() + " has reached itself; check the members' addresses and the names of hosts");
    }
    if (caller.node == node) {
      return refusal(
          told(TransportErrors.DUPLICATE_NODE_ID, inView),
          "node id " + node + " is taken; give this node an id of its own");
    }
    return Optional.empty();
  }

  /** The configured members count only as long as neither of the two knows of a view. */
  private ClusterSettings compared(Terms caller, ClusterSettings of) {
    return formed > 0 || caller.formed > 0 ? of.withoutMembers() : of;
  }

  private static Optional<WeftException> refusal(ErrorCode code, String text) {
    return Optional.of(new WeftException(code, text));
  }

  private static ErrorCode told(ErrorCode code, boolean known) {
    return known ? code : TransportErrors.NOT_READY;
  }

  private String cluster() {
    return settings.values().getOrDefault(CLUSTER_NAME, "");
  }

  private String id() {
    return "n" + node;
  }

  private String otherCluster(Terms caller) {
    return id()
        + " belongs to cluster '"
        + cluster()
        + "', "
        + caller.id()
        + " to '"
        + caller.cluster()
        + "'; check weft.cluster-name and the members' ports";
  }

  private String otherSettings(Terms caller) {
    return compared(caller, settings)
            .differences("at " + id(), compared(caller, caller.settings), "at " + caller.id())
        + "; set what differs alike on all nodes, and start again";
  }

  private String otherStorage(Terms caller) {
    return id()
        + " and "
        + caller.id()
        + " work on different storage: "
        + described()
        + ", "
        + caller.described()
        + "; check the directories, and that every file system is mounted";
  }

  private String described() {
    String history =
        formed > 0
            ? "newest view " + formed
            : formed == 0 ? "without a view yet" : "its views not read yet";
    return id() + " on " + where + " (" + history + ")";
  }

  /** Compares in constant time, because the identity is a secret that only members know. */
  private static boolean isSame(UUID a, UUID b) {
    return MessageDigest.isEqual(bytes(a), bytes(b));
  }

  private static byte[] bytes(UUID id) {
    return ByteBuffer.allocate(16)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .array();
  }

  /** Does not show the identity of the storage. */
  @Override
  public String toString() {
    return "terms of " + id() + "." + incarnation;
  }
}
