// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import io.weft.api.WeftException;
import io.weft.spi.store.BlockStore;

/** Does the same for every read and write that succeeds, and throws what fails. */
record Completed(Runnable then) implements BlockStore.ReadCompletion, BlockStore.WriteCompletion {
  static Completed by(Runnable then) {
    return new Completed(then);
  }

  @Override
  public void onRead(long version) {
    then.run();
  }

  @Override
  public void onReadFailed(WeftException reason) {
    throw reason;
  }

  @Override
  public void onWritten() {
    then.run();
  }

  @Override
  public void onWriteFailed(WeftException reason) {
    throw reason;
  }
}
