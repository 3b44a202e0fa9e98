// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.options;

import io.weft.plugin.sim.time.Delay;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * What actors do, and how often; weights are relative to each other.
 *
 * @param read takes blocks shared
 * @param change takes blocks exclusively, writes, commits or aborts
 * @param readThenChange reads a block, closes, and changes it: an upgrade
 * @param mixed a change that also reads blocks, and tries some out of order
 * @param tries looks at what the node holds, without waiting
 * @param prefetch hints
 * @param writeBack writes everything
 * @param maxBlocks most blocks of one scope
 * @param hotBlocks how many blocks get half of all accesses
 * @param abortPerMille how many changes abort
 * @param timeoutPerMille how many scopes give up soon
 * @param inlinePerMille how often an actor goes on inside the completion of its call
 * @param hold how long leases are held between steps
 * @param think pause between scopes
 */
public record Workload(
    int read,
    int change,
    int readThenChange,
    int mixed,
    int tries,
    int prefetch,
    int writeBack,
    int maxBlocks,
    int hotBlocks,
    int abortPerMille,
    int timeoutPerMille,
    int inlinePerMille,
    Delay hold,
    Delay think) {
  /** What an actor does next. */
  public enum Deed {
    READ,
    CHANGE,
    READ_THEN_CHANGE,
    MIXED,
    TRY,
    PREFETCH,
    WRITE_BACK
  }

  /** Draws what an actor does next, by the weights. */
  public Deed draw(SplittableRandom random) {
    int[] weights = {read, change, readThenChange, mixed, tries, prefetch, writeBack};
    int left = random.nextInt(IntStream.of(weights).sum());
    int deed = 0;
    while (left >= weights[deed]) {
      left -= weights[deed++];
    }
    return Deed.values()[deed];
  }

  /** The same with other pauses. */
  Workload thinking(Delay pause) {
    return new Workload(
        read,
        change,
        readThenChange,
        mixed,
        tries,
        prefetch,
        writeBack,
        maxBlocks,
        hotBlocks,
        abortPerMille,
        timeoutPerMille,
        inlinePerMille,
        hold,
        pause);
  }
}
