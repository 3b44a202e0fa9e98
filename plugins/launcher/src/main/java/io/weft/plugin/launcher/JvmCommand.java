// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The command line that starts a node in a process of its own: this JVM's with another heap, so
 * that parent and nodes cannot differ in modules, exports and native access.
 */
final class JvmCommand {
  private static final List<String> INTERPRETED_CHECKSUM =
      List.of(
          "-XX:CompileCommand=quiet",
          "-XX:CompileCommand=exclude,java.util.zip.CRC32C::updateDirectByteBuffer",
          "-XX:CompileCommand=exclude,java.util.zip.CRC32C::updateBytes",
          "-XX:CompileCommand=dontinline,java.util.zip.CRC32C::updateDirectByteBuffer",
          "-XX:CompileCommand=dontinline,java.util.zip.CRC32C::updateBytes");

  private static final String MAIN = "io.weft.plugin.launcher/io.weft.plugin.launcher.Main";

  /**
   * Runs are short, and most of the work is done by the operating system: the second compiler would
   * cost more time than it wins.
   */
  private static final String FIRST_COMPILER_ONLY = "-XX:TieredStopAtLevel=1";

  private static final String CACHE = "-XX:AOTCache=";

  /**
   * Options that belong to this process alone: its heap and collector, its debugger and agents, the
   * recording of an ahead-of-time cache, its main module.
   */
  private static final List<String> OWN =
      List.of(
          "-Xmx",
          "-Xms",
          "-Xmn",
          "-XX:+Use",
          "-XX:MaxHeapSize",
          "-XX:InitialHeapSize",
          "-XX:MaxRAM",
          "-XX:InitialRAM",
          "-XX:StartFlightRecording",
          "-agentlib:",
          "-agentpath:",
          "-javaagent:",
          "-XX:AOTCacheOutput",
          "-XX:AOTConfiguration",
          "-XX:AOTMode",
          "-Djdk.module.main");

  private JvmCommand() {}

  /**
   * The words of the command that starts a node with an agent.
   *
   * @param heapMiB heap of the node
   * @param config configuration of the node
   */
  static List<String> forNode(int heapMiB, Path config) {
    return build(
        Path.of(System.getProperty("java.home"), "bin", "java"),
        ManagementFactory.getRuntimeMXBean().getInputArguments(),
        Optional.ofNullable(System.getProperty("jdk.module.path")),
        heapMiB,
        List.of("node", "-c", config.toString(), "--agent"));
  }

  /**
   * The words of the command of a process that measures: unlike {@link #forNode} with both
   * compilers, as a node that runs for long has them. Runs on a class path, too.
   *
   * @param heapMiB heap of the process
   * @param arguments of the {@code weft} command
   */
  static List<String> forMeasuring(int heapMiB, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.add("-Xmx" + heapMiB + "m");
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> OWN.stream().noneMatch(option::startsWith))
        .filter(option -> !option.startsWith("-XX:TieredStopAtLevel"))
        .forEach(command::add);
    if (JvmCommand.class.getModule().isNamed()) {
      if (command.stream().noneMatch(option -> option.startsWith("--module-path="))) {
        command.add("--module-path=" + System.getProperty("jdk.module.path"));
      }
      command.addAll(List.of("-m", MAIN));
    } else {
      String main = MAIN.substring(MAIN.indexOf('/') + 1);
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    }
    command.addAll(arguments);
    return command;
  }

  /**
   * The command of {@link #forNode} as one that records an ahead-of-time cache when the node ends.
   * All compilers work, because the first one alone collects no profiles of methods.
   *
   * @param command starts a node
   * @param cache the file that the JVM writes; may not exist
   */
  static List<String> recording(List<String> command, Path cache) {
    List<String> words =
        new ArrayList<>(
            command.stream()
                .filter(word -> !word.equals(FIRST_COMPILER_ONLY) && !word.startsWith(CACHE))
                .filter(word -> !INTERPRETED_CHECKSUM.contains(word))
                .toList());
    words.add(1, "-XX:AOTCacheOutput=" + cache);
    return words;
  }

  /**
   * As {@link #forNode}, for a JVM that is described by its parts.
   *
   * @param arguments of the {@code weft} command
   */
  static List<String> build(
      Path java,
      List<String> jvmOptions,
      Optional<String> modulePath,
      int heapMiB,
      List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    // Several JVMs share few cores: the serial collector needs no threads of its own, and the nodes
    // keep their blocks off the heap.
    command.add("-XX:+UseSerialGC");
    command.add(FIRST_COMPILER_ONLY);
    // The first compiler does not know the processor's CRC-32C instructions, the interpreter does.
    command.addAll(INTERPRETED_CHECKSUM);
    command.add("-Xmx" + heapMiB + "m");
    jvmOptions.stream()
        .filter(option -> OWN.stream().noneMatch(option::startsWith))
        .forEach(command::add);
    boolean hasModulePath =
        jvmOptions.stream().anyMatch(option -> option.startsWith("--module-path="));
    if (!hasModulePath) {
      modulePath.ifPresent(path -> command.add("--module-path=" + path));
    }
    command.add("-m");
    command.add(MAIN);
    command.addAll(arguments);
    return command;
  }
}
