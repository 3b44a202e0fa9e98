// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JvmCommandTest {
  private static final String MAIN = "io.weft.plugin.launcher/io.weft.plugin.launcher.Main";

  /** The beginning of the command of every node. */
  private static final List<String> OF_EVERY_NODE =
      List.of(
          "java",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:CompileCommand=quiet",
          "-XX:CompileCommand=exclude,java.util.zip.CRC32C::updateDirectByteBuffer",
          "-XX:CompileCommand=exclude,java.util.zip.CRC32C::updateBytes",
          "-XX:CompileCommand=dontinline,java.util.zip.CRC32C::updateDirectByteBuffer",
          "-XX:CompileCommand=dontinline,java.util.zip.CRC32C::updateBytes");

  @Test
  void keepsModulesExportsAndNativeAccessAndReplacesTheHeap() {
    assertEquals(
        command(
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
        command("-Xmx64m", "--module-path=lib", "-m", MAIN),
        JvmCommand.build(Path.of("java"), List.of(), Optional.of("lib"), 64, List.of()));
  }

  @Test
  void nodesUseTheCacheOfTheirParentAndDoNotRecordOne() {
    assertEquals(
        command("-Xmx64m", "-XX:AOTCache=weft.aot", "--module-path=lib", "-m", MAIN),
        JvmCommand.build(
            Path.of("java"),
            List.of(
                "-XX:AOTCache=weft.aot",
                "-XX:AOTCacheOutput=other.aot",
                "-XX:AOTMode=record",
                "-XX:AOTConfiguration=other.conf",
                "--module-path=lib"),
            Optional.empty(),
            64,
            List.of()));
  }

  @Test
  void aNodeThatRecordsUsesAllCompilersAndNoOlderCache() {
    assertEquals(
        List.of(
            "java",
            "-XX:AOTCacheOutput=new.aot",
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "--module-path=lib",
            "-m",
            MAIN),
        JvmCommand.recording(
            command(
                "-Xmx64m",
                "-XX:AOTCache=weft.aot",
                "-XX:TieredStopAtLevel=1",
                "--module-path=lib",
                "-m",
                MAIN),
            Path.of("new.aot")));
  }

  /** The command of a node, which ends with these words. */
  private static List<String> command(String... ending) {
    return Stream.concat(OF_EVERY_NODE.stream(), Stream.of(ending)).toList();
  }
}
