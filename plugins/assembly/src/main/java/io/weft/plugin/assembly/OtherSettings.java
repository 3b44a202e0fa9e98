// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.Config;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.plugin.DependentSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** The settings of the whole node, for plugins whose own settings depend on them. */
record OtherSettings(Config all, Consumer<String> cautions) implements DependentSettings.Others {
  @Override
  public Optional<ByteSize> size(String key) {
    return all.hasPath(key) ? Optional.of(new ByteSize(all.getBytes(key))) : Optional.empty();
  }

  @Override
  public Optional<Duration> duration(String key) {
    return all.hasPath(key) ? Optional.of(all.getDuration(key)) : Optional.empty();
  }

  @Override
  public Optional<Long> number(String key) {
    return all.hasPath(key) ? Optional.of(all.getLong(key)) : Optional.empty();
  }

  @Override
  public void caution(String message) {
    cautions.accept(message + ".");
  }
}
