// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JvmCommandTest {
  private static final String MAIN = "io.weft.plugin.launcher/io.weft.plugin.launcher.Main";

  @Test
  void keepsModulesExportsAndNativeAccessAndReplacesTheHeap() {
    assertEquals(
        List.of(
            "java",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=exclude,java.util.zip.CRC32C::updateDirectByteBuffer",
            "-XX:CompileCommand=exclude,java.util.zip.CRC32C::updateBytes",
            "-XX:CompileCommand=dontinline,java.util.zip.CRC32C::updateDirectByteBuffer",
            "-XX:CompileCommand=dontinline,java.util.zip.CRC32C::updateBytes",
            "-Xmx100m",
            "--add-modules=ALL-MODULE-PATH",
            "--enable-native-access=io.netty.common",
            "--module-path=/weft/lib",
            "-Dkey=value",
            "-m",
            MAIN,
            "node"),
        JvmCommand.build(
            Path.of("java"),
            List.of(
                "--add-modules=ALL-MODULE-PATH",
                "-Xmx4g",
                "-XX:+UseParallelGC",
                "-javaagent:coverage.jar",
                "--enable-native-access=io.netty.common",
                "--module-path=/weft/lib",
                "-Dkey=value",
                "-Djdk.module.main=io.weft.plugin.launcher"),
            Optional.of("/elsewhere"),
            100,
            List.of("node")));
  }

  @Test
  void namesTheModulePathIfTheOptionsDoNot() {
    assertEquals(
        List.of(
            "java",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=exclude,java.util.zip.CRC32C::updateDirectByteBuffer",
            "-XX:CompileCommand=exclude,java.util.zip.CRC32C::updateBytes",
            "-XX:CompileCommand=dontinline,java.util.zip.CRC32C::updateDirectByteBuffer",
            "-XX:CompileCommand=dontinline,java.util.zip.CRC32C::updateBytes",
            "-Xmx64m",
            "--module-path=lib",
            "-m",
            MAIN),
        JvmCommand.build(Path.of("java"), List.of(), Optional.of("lib"), 64, List.of()));
  }
}
