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
 * What two nodes must have alike before there is a session between them: compared by whoever is
 * called, each time.
 *
 * @param node whose they are
 * @param incarnation of that node
 * @param settings those that must be alike on all nodes
 * @param storage the identity of the storage
 * @param where the storage is found, for people
 * @param formed the newest view of this storage and these settings that the registry has; 0 for
 *     none, {@link StorageIdentity#UNKNOWN} before it has been read
 */
public record Terms(
    int node, long incarnation, ClusterSettings settings, UUID storage, String where, long formed) {
  /**
   * Why a caller is refused by the node that has these terms; empty if it is not. A category of
   * users' errors tells the caller to stop, {@link TransportErrors#NOT_READY} to try again.
   *
   * @param inView whether this node is in a view
   * @param members how many nodes are configured
   */
  public Optional<WeftException> refusalOf(Terms caller, boolean inView, int members) {
    if (!caller.settings.equals(settings)) {
      return Optional.of(
          new WeftException(
              mismatch(TransportErrors.SETTINGS_DIFFER, inView),
              settings.differences("at " + id(), caller.settings, "at " + caller.id())
                  + "; set what differs alike on all nodes, and start again"));
    }
    if (!isSame(caller.storage, storage)) {
      boolean stops = isWrong(caller) && !isUndecided(caller, members);
      return Optional.of(
          new WeftException(
              stops ? TransportErrors.STORAGE_DIFFERS : TransportErrors.NOT_READY,
              differentStorage(caller)));
    }
    return Optional.empty();
  }

  /**
   * What a caller of other settings is told. It is told to stop only by a node that is in a view:
   * then the others have agreed with this one. As long as neither is, the one that is wrong may be
   * this one, whoever started first and whatever views there were before: a quorum that agrees will
   * form one, and both wait for that.
   */
  public static ErrorCode mismatch(ErrorCode code, boolean inView) {
    return inView ? code : TransportErrors.NOT_READY;
  }

  private String id() {
    return "n" + node;
  }

  private String differentStorage(Terms caller) {
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

  /** Takes the same time however much is alike: the identity is what a stranger cannot know. */
  private static boolean isSame(UUID a, UUID b) {
    return MessageDigest.isEqual(bytes(a), bytes(b));
  }

  private static byte[] bytes(UUID id) {
    return ByteBuffer.allocate(16)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .array();
  }

  /**
   * Whether the caller is the one on the wrong storage: of two, that is the one whose storage has
   * the shorter history of views, or the one that started later if there is no other difference.
   * The other one is told to wait until that has happened. As long as one of them has not read its
   * registry, it is neither.
   */
  private boolean isWrong(Terms caller) {
    if (caller.formed == StorageIdentity.UNKNOWN || formed == StorageIdentity.UNKNOWN) {
      return false;
    }
    return caller.formed == formed ? caller.incarnation >= incarnation : caller.formed < formed;
  }

  /**
   * Whether it will show by itself whose storage is the right one: on neither has there been a
   * view, and of an odd number of nodes only those of one storage can be enough for the first. Who
   * started later may be the majority.
   */
  private boolean isUndecided(Terms caller, int members) {
    return caller.formed == 0 && formed == 0 && members % 2 == 1;
  }

  /** Does not show the identity of the storage. */
  @Override
  public String toString() {
    return "terms of " + id() + "." + incarnation;
  }
}
