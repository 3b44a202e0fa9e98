// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The target of a fuzzer that follows the coverage of a decoder, such as Jazzer: it finds the two
 * methods by their names. The decoder is that of a {@link DecoderContract}. Only on the class path;
 * for one thread.
 */
public final class DecoderFuzz {
  private static DecoderContract<?> contract;

  private DecoderFuzz() {}

  /**
   * Chooses the decoder.
   *
   * @param arguments the name of the contract's class; a directory, into which its valid forms are
   *     written as the first inputs
   */
  public static void fuzzerInitialize(String[] arguments)
      throws ReflectiveOperationException, IOException {
    if (arguments.length != 2) {
      throw new IllegalArgumentException(
          arguments.length + " arguments; give the class of a DecoderContract, and a directory");
    }
    Constructor<?> constructor = Class.forName(arguments[0]).getDeclaredConstructor();
    constructor.setAccessible(true);
    contract = (DecoderContract<?>) constructor.newInstance();
    Path corpus = Files.createDirectories(Path.of(arguments[1]));
    List<byte[]> valid = contract.corpus();
    for (int i = 0; i < valid.size(); i++) {
      Files.write(corpus.resolve("valid-" + i), valid.get(i));
    }
  }

  /** Checks an input as it is, and with a right checksum. */
  public static void fuzzerTestOneInput(byte[] input) {
    contract.check(input);
    contract.check(contract.mended(input));
  }
}
