// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted;

import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.function.LongSupplier;

/** Public, open, vaguely named, and does what only others may. */
public class PlantedManager {
  @Inject Random random;

  LongSupplier clock() {
    return System::nanoTime;
  }

  void waits() throws InterruptedException {
    Thread.sleep(1);
  }

  int draws() {
    return random.nextInt();
  }

  long reads() throws IOException {
    return Files.size(Path.of(System.getProperty("user.home")));
  }

  Method reflects() throws NoSuchMethodException {
    return PlantedManager.class.getMethod("toString");
  }

  void looksUp() {
    ServiceLoader.load(Runnable.class).forEach(Runnable::run);
  }

  String formats(long epoch) {
    return "view-%019d".formatted(epoch);
  }

  void prints() {
    System.out.println("planted");
  }
}
