// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The place of this incarnation in the directory of the cluster. Thread-safe.
 *
 * @param directory the directory
 * @param self this incarnation, as {@link FileName} writes it
 * @param page its page
 * @param calls number of calls that it has made
 */
record NodePlace(ClusterDirectory directory, String self, NodePage page, AtomicLong calls) {
  NodePlace(ClusterDirectory directory, String self, NodePage page) {
    this(directory, self, page, new AtomicLong());
  }

  /** A number for the next call of this incarnation. */
  long nextNumber() {
    return calls.incrementAndGet();
  }

  /**
   * Why no other node finds this one any more, as text for an operator; empty if they do. Sessions
   * go on, but none begins or comes back.
   */
  Optional<String> whyHidden() {
    Path file = directory.resolve(FileName.node(self));
    return Files.exists(file)
        ? Optional.empty()
        : Optional.of(
            file
                + " has been deleted, so no other node can connect to this one; restart it, and"
                + " keep others from deleting it, as systemd does (RemoveIPC) when a user logs"
                + " out");
  }

  /** The calls to this incarnation that wait. */
  List<Path> waitingCalls() throws IOException {
    return directory.calls(self);
  }
}
