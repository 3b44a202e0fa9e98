// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.ErrorCode;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.WeftException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A lock user of a script: an owner, and the node it belongs to. */
record LockScriptUser(Script script, int node, LockOwner owner) {
  static final Duration LONG = Duration.ofSeconds(60);

  static LockScriptUser at(Script script, int node) {
    return new LockScriptUser(script, node, script.node(node).cache().locks().newOwner("u" + node));
  }

  CompletableFuture<Void> acquiring(LockName name, LockMode mode, Duration timeout) {
    return call(() -> owner.acquireAsync(name, mode, timeout));
  }

  CompletableFuture<Void> acquiring(LockName name, LockMode mode) {
    return acquiring(name, mode, LONG);
  }

  void acquire(LockName name, LockMode mode) {
    done(acquiring(name, mode)).join();
  }

  CompletableFuture<Void> converting(LockName name, LockMode mode) {
    return call(() -> owner.convertAsync(name, mode, LONG));
  }

  boolean tries(LockName name, LockMode mode) {
    return done(call(() -> owner.tryAcquireAsync(name, mode))).join();
  }

  void release(LockName name) {
    done(at(() -> owner.release(name))).join();
  }

  void release(LockName name, byte... value) {
    done(at(() -> owner.release(name, value))).join();
  }

  /** Does something as a step of the node. */
  CompletableFuture<Void> at(Runnable step) {
    return call(
        () -> {
          step.run();
          return CompletableFuture.completedFuture(null);
        });
  }

  <T> CompletableFuture<T> call(Supplier<CompletionStage<T>> call) {
    return script.call(node, call);
  }

  <T> CompletableFuture<T> done(CompletableFuture<T> call) {
    script.until(call::isDone);
    return call;
  }

  ErrorCode code(CompletableFuture<?> call) {
    done(call);
    return ((WeftException) call.exceptionNow()).code();
  }
}
