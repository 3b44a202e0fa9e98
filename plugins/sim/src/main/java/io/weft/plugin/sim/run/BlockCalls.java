// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.Change;
import io.weft.api.Scope;
import io.weft.api.SharedLease;
import io.weft.plugin.sim.history.Blocks;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The calls that take a block: shared in some scope, or exclusively in the change of an actor. */
final class BlockCalls {
  private final Blocks blocks;
  private final Change change;

  BlockCalls(Blocks blocks, Change change) {
    this.blocks = blocks;
    this.change = change;
  }

  CompletionStage<? extends SharedLease> ask(Scope scope, int block, boolean exclusive) {
    int file = blocks.file(block);
    long number = blocks.number(block);
    return exclusive ? change.exclusiveAsync(file, number) : scope.sharedAsync(file, number);
  }

  /** The blocking call. */
  SharedLease take(Scope scope, int block, boolean exclusive) {
    int file = blocks.file(block);
    long number = blocks.number(block);
    return exclusive ? change.exclusive(file, number) : scope.shared(file, number);
  }

  /** Takes the block if that needs no waiting. */
  Optional<? extends SharedLease> attempt(Scope scope, int block, boolean exclusive) {
    int file = blocks.file(block);
    long number = blocks.number(block);
    return exclusive ? change.tryExclusive(file, number) : scope.tryShared(file, number);
  }
}
