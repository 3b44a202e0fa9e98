// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Checks or applies the house format (google-java-format) on every Java file below the current
 * directory, in one JVM. Started from source by the root pom: {@code java -cp
 * google-java-format-all-deps.jar Format.java check|apply}. Exit code 1 means that a file is not
 * formatted, or cannot be parsed.
 */
final class Format {

  private static final Formatter FORMATTER = new Formatter();

  public static void main(String[] args) throws IOException {
    boolean apply = args.length > 0 && args[0].equals("apply");
    List<String> complaints =
        javaFiles(Path.of("")).parallelStream()
            .flatMap(file -> complaint(file, apply).stream())
            .sorted()
            .toList();
    if (!complaints.isEmpty()) {
      complaints.forEach(System.err::println);
      System.err.println("Run `mvn -Pformat` to format all Java files, then look at the diff.");
      System.exit(1);
    }
  }

  private static Optional<String> complaint(Path file, boolean apply) {
    try {
      String text = Files.readString(file);
      String formatted = FORMATTER.formatSourceAndFixImports(text);
      if (formatted.equals(text)) {
        return Optional.empty();
      }
      if (apply) {
        Files.writeString(file, formatted);
        return Optional.empty();
      }
      return Optional.of(file + ": not in the house format");
    } catch (FormatterException e) {
      return Optional.of(file + ": cannot be parsed: " + e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read or write " + file, e);
    }
  }

  private static List<Path> javaFiles(Path root) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            String name = String.valueOf(directory.getFileName());
            boolean skip = name.equals("target") || name.startsWith(".");
            return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }
}
