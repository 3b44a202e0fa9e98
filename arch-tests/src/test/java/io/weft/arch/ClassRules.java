// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rules about compiled classes, in the order of the table in the README. */
final class ClassRules {

  private static final Pattern CLOCKS =
      Pattern.compile(
          "java\\.lang\\.System\\.(nanoTime|currentTimeMillis)"
              + "|java\\.time\\..*\\.(now|system|systemUTC|systemDefaultZone)"
              + "|java\\.util\\.Date\\.<init>");

  private static final Pattern THREAD_MEMBERS =
      Pattern.compile(
          "java\\.lang\\.Thread\\.(<init>|start|startVirtualThread|ofVirtual|ofPlatform|sleep|yield)"
              + "|java\\.util\\.concurrent\\.CompletableFuture"
              + "\\.(.*Async|orTimeout|completeOnTimeout|delayedExecutor)");

  private static final Pattern THREAD_TYPES =
      Pattern.compile(
          "java\\.util\\.(Timer|TimerTask)"
              + "|java\\.util\\.concurrent\\.(Executors|ForkJoinPool|(Scheduled)?ThreadPoolExecutor)"
              + "|java\\.util\\.concurrent\\.locks\\.LockSupport");

  private static final Pattern RANDOM_MEMBERS =
      Pattern.compile(
          "java\\.lang\\.Math\\.random|java\\.util\\.UUID\\.randomUUID"
              + "|java\\.util\\.random\\.RandomGenerator\\.(of|getDefault)");

  private static final Pattern RANDOM_TYPES =
      Pattern.compile(
          "java\\.util\\.(Random|SplittableRandom)|java\\.security\\.SecureRandom"
              + "|java\\.util\\.concurrent\\.ThreadLocalRandom"
              + "|java\\.util\\.random\\.RandomGeneratorFactory");

  private static final Pattern INPUT_OUTPUT =
      Pattern.compile(
          "java\\.io\\.(File|File(Input|Output)Stream|FileReader|FileWriter|RandomAccessFile)"
              + "|java\\.nio\\.file\\.(Files|FileSystems)"
              + "|java\\.nio\\.channels\\.(.*Channel|Selector)"
              + "|java\\.net\\.(.*Socket|URL|.*URLConnection)|java\\.net\\.http\\..*");

  private static final Pattern ENVIRONMENT =
      Pattern.compile(
          "java\\.lang\\.System\\.(getProperty|getProperties|getenv)"
              + "|java\\.lang\\.(Integer\\.getInteger|Long\\.getLong|Boolean\\.getBoolean)");

  private static final Pattern REFLECTION_TYPES =
      Pattern.compile(
          "java\\.lang\\.reflect\\..*|java\\.lang\\.module\\..*|java\\.lang\\.ModuleLayer.*");

  private static final Pattern REFLECTION_MEMBERS =
      Pattern.compile(
          "java\\.lang\\.Class\\.(forName|newInstance|getDeclared.*|getRecordComponents"
              + "|getMethods?|getFields?|getConstructors?)"
              + "|java\\.lang\\.ClassLoader\\.loadClass");

  private static final Pattern SERVICE_LOADER = Pattern.compile("java\\.util\\.ServiceLoader.*");

  private static final Pattern CONSOLE =
      Pattern.compile("java\\.lang\\.System\\.(out|err)|.*\\.printStackTrace");

  /** Calls that take the locale of the process; the same with a locale as parameter are others. */
  private static final Pattern LOCALES =
      Pattern.compile(
          "java\\.lang\\.String\\.(format\\(java\\.lang\\.String, .*|formatted\\(.*"
              + "|to(Lower|Upper)Case\\(\\))"
              + "|java\\.io\\.Print(Stream|Writer)\\.(printf|format)\\(java\\.lang\\.String, .*"
              + "|java\\.util\\.Formatter\\.<init>\\((?!.*java\\.util\\.Locale).*"
              + "|java\\.util\\.Scanner\\..*|java\\.text\\.DecimalFormat\\.<init>.*"
              + "|java\\.text\\..*Format\\.(get.*Instance|<init>)\\((?!.*java\\.util\\.Locale).*"
              + "|java\\.time\\.format\\.DateTimeFormatter\\.ofPattern\\(java\\.lang\\.String\\)"
              + "|java\\.util\\.Locale\\.getDefault\\(.*");

  private static final Pattern FOREIGN_TO_API_AND_SPI =
      Pattern.compile("(?!java\\.|io\\.weft\\.(api|spi)\\.).*\\..*");

  /** What the membership knows of the packages below it: how the logs of others are read. */
  private static final Pattern READING_LOGS =
      Pattern.compile(
          "io\\.weft\\.recovery\\."
              + "(redo\\.(LogScanner|LogScan|LoggedRecord)"
              + "|replay\\.(SealedLogs|RecoveryRedoReader|OwnBuckets)(\\$.*)?)");

  private static final Pattern VAGUE_NAME =
      Pattern.compile("Default.*|.*(Impl|Util|Utils|Manager|Helper)");

  private static final Set<String> INJECT =
      Set.of("jakarta.inject.Inject", "com.google.inject.Inject", "javax.inject.Inject");

  private static final int MOST_PARAMETERS = 8;

  /** Classes whose constructors need more, with what is to be done. Only ever gets shorter. */
  static final Map<String, String> NEEDING_TOO_MUCH = Map.of();

  static final List<HouseRule> ALL =
      List.of(
          new HouseRule(
              "api and spi depend on the JDK and on themselves only",
              "Move the code to a plugin, or describe in spi what it needs as an interface of"
                  + " ours.",
              60,
              in(House.API, House.SPI),
              type -> Uses.ofTypes(type, FOREIGN_TO_API_AND_SPI)),
          new HouseRule(
              "api does not know spi",
              "Applications embed api alone: move the type that both need to api.",
              20,
              in(House.API),
              type -> Uses.ofTypes(type, Pattern.compile("io\\.weft\\.spi\\..*"))),
          new HouseRule(
              "classes of a plugin are not public, except its *Module, its *Settings, what it"
                  + " exports to a named module, and what another package of the module uses",
              "Drop `public`: what others need of a plugin they get through the SPI that it fills.",
              60,
              type -> House.isPlugin(House.moduleOf(type)) && type.isTopLevelClass(),
              ClassRules::needlesslyPublic),
          new HouseRule(
              "in recovery the redo log knows neither replay nor membership, replay not membership,"
                  + " and membership of both only what reads the logs of others",
              "Pass the value, or an interface of the lower package, from the upper one.",
              60,
              in(House.RECOVERY),
              ClassRules::wrongWayInRecovery),
          new HouseRule(
              "only assembly uses reflection, Class.forName and ModuleLayer",
              "Let Guice construct it, or dispatch with a sealed type and a switch.",
              150,
              notIn(House.ASSEMBLY),
              type ->
                  Stream.concat(
                      Uses.ofTypes(type, REFLECTION_TYPES),
                      Uses.ofMembers(type, REFLECTION_MEMBERS))),
          new HouseRule(
              "nobody uses ServiceLoader",
              "Name the plugin in the configuration: presence on a path never activates anything.",
              150,
              type -> true,
              type -> Uses.ofTypes(type, SERVICE_LOADER)),
          new HouseRule(
              "clocks are read in transports, stores, the JVM runtime, launcher and workload, for"
                  + " the journal of a machine whose power may fail, and in contract tests to give"
                  + " up",
              "Take NodeRuntime.nanoTime() or wallMillis(): the simulator must own time.",
              120,
              notIn(
                  House.TCP,
                  House.SHM,
                  House.STORE_FILE,
                  House.RUNTIME_JVM,
                  House.LAUNCHER,
                  House.WORKLOAD,
                  House.FAULTS,
                  House.TCK),
              type -> Uses.ofMembers(type, CLOCKS)),
          new HouseRule(
              "threads start and wait in transports, stores, the JVM runtime, launcher, workload,"
                  + " in assembly for the thread that stops a failed node, in recovery for the"
                  + " thread that writes the redo log, in registries for the end of a killed"
                  + " process, where histories are judged, and in contract tests",
              "Take NodeRuntime.schedule(), blocking() or newWaiter(): the simulator has one"
                  + " thread.",
              120,
              notIn(
                  House.TCP,
                  House.SHM,
                  House.STORE_FILE,
                  House.RUNTIME_JVM,
                  House.LAUNCHER,
                  House.WORKLOAD,
                  House.ASSEMBLY,
                  House.RECOVERY,
                  House.REGISTRY_FILE,
                  House.LINEARIZABILITY,
                  House.TCK),
              type ->
                  Stream.concat(
                      Uses.ofMembers(type, THREAD_MEMBERS), Uses.ofTypes(type, THREAD_TYPES))),
          new HouseRule(
              "randomness comes from the JVM runtime, in assembly for the identity of a new"
                  + " storage, in the workload for seeds and ports, in the simulator, in faults and"
                  + " in contract tests from a seed",
              "Take NodeRuntime.random(): a failing seed must replay exactly.",
              130,
              notIn(
                  House.TCP,
                  House.SHM,
                  House.RUNTIME_JVM,
                  House.LAUNCHER,
                  House.WORKLOAD,
                  House.ASSEMBLY,
                  House.SIM,
                  House.FAULTS,
                  House.TCK),
              type ->
                  Stream.concat(
                      Uses.ofMembers(type, RANDOM_MEMBERS), Uses.ofTypes(type, RANDOM_TYPES))),
          new HouseRule(
              "files and sockets are touched in transports, stores, log devices, registries,"
                  + " launcher and workload, in assembly for the config file and the plugin path,"
                  + " in what lets files fail or watches them in tests, and in spi by StableFile"
                  + " alone, so that all of those make files of a storage in one way",
              "Go through the SPI for it (BlockStore, LogDevice, ClusterRegistry, Transport): the"
                  + " simulator has no disk.",
              120,
              notIn(
                      House.TCP,
                      House.SHM,
                      House.STORE_FILE,
                      House.LOG_FILE,
                      House.REGISTRY_FILE,
                      House.LAUNCHER,
                      House.WORKLOAD,
                      House.ASSEMBLY,
                      House.FAULTS,
                      House.TCK)
                  .and(type -> !type.getName().equals(House.SPI + ".storage.StableFile")),
              type -> Uses.ofTypes(type, INPUT_OUTPUT)),
          new HouseRule(
              "system properties and environment variables are read in the launcher, in assembly,"
                  + " and in contract tests for the seed",
              "Make it a component of the plugin's settings record, with prose in reference.conf.",
              150,
              notIn(House.LAUNCHER, House.ASSEMBLY, House.TCK),
              type -> Uses.ofMembers(type, ENVIRONMENT)),
          new HouseRule(
              "text is formatted and changed in case without the locale of the process; the"
                  + " launcher alone formats with it, having set it to the root locale",
              "Write String.format(Locale.ROOT, ..) and toLowerCase(Locale.ROOT): names of files"
                  + " and lines that others parse must be the same everywhere.",
              150,
              notIn(House.LAUNCHER),
              type -> Uses.ofCalls(type, LOCALES)),
          new HouseRule(
              "settings are records",
              "Make it a record whose compact constructor checks the ranges.",
              6,
              type ->
                  type.isTopLevelClass()
                      && !type.isInterface()
                      && type.getSimpleName().endsWith("Settings"),
              type -> type.isRecord() ? Stream.empty() : Stream.of(type.getName())),
          new HouseRule(
              "protocol messages are records in a sealed family",
              "Make *Message a sealed interface, and each message a record that implements it.",
              1,
              // In the modules that speak them: spi.session carries messages as bytes.
              type ->
                  House.isPlugin(House.moduleOf(type))
                      && type.getSimpleName().endsWith("Message")
                      && !type.isRecord(),
              ClassRules::openFamily),
          new HouseRule(
              "@Inject stands on constructors only",
              "Make it a parameter of the constructor and the field final.",
              9,
              type -> type.getAllMembers().stream().anyMatch(ClassRules::isInjected),
              type ->
                  Stream.concat(type.getFields().stream(), type.getMethods().stream())
                      .filter(ClassRules::isInjected)
                      .map(JavaMember::getFullName)),
          new HouseRule(
              "only the launcher writes to the console, and nobody prints a stack trace",
              "Throw a WeftException with the cause, or log with System.Logger.",
              150,
              type -> true,
              ClassRules::consoleUse),
          new HouseRule(
              "classes are final, abstract or sealed",
              "Add `final`: we inherit in contract tests only.",
              120,
              // Tests break the rules of cache fusion, recovery and membership one by one, each in
              // a subclass.
              type ->
                  !type.isInterface()
                      && !type.isAnonymousClass()
                      && !type.getName().equals(House.CACHE_FUSION + ".spec.Rules")
                      && !type.getName().equals(House.CACHE_FUSION + ".spec.LockRules")
                      && !type.getName().equals(House.SIM + ".node.RecoveryRules")
                      && !type.getName().equals(House.RECOVERY + ".membership.AgreementRules"),
              ClassRules::openClass),
          new HouseRule(
              "no constructor in the engine has more than 8 parameters, except those of records:"
                  + " they are data",
              "Give the class the part that it uses instead of the pieces, or take out what needs"
                  + " them.",
              150,
              type ->
                  isEngine(type)
                      && !type.isRecord()
                      && !NEEDING_TOO_MUCH.containsKey(type.getName()),
              ClassRules::needsTooMuch),
          new HouseRule(
              "names say what a class is: never Default, Impl, Util, Manager or Helper",
              "Name the quality and the SPI (RendezvousHashStrategy), or the thing itself.",
              110,
              type -> type.isTopLevelClass(),
              type ->
                  VAGUE_NAME.matcher(type.getSimpleName()).matches()
                      ? Stream.of(type.getName())
                      : Stream.empty()));

  private ClassRules() {}

  private static Predicate<JavaClass> in(String... modules) {
    Set<String> names = Set.of(modules);
    return type -> names.contains(House.moduleOf(type));
  }

  private static Predicate<JavaClass> notIn(String... modules) {
    return in(modules).negate();
  }

  private static Stream<String> wrongWayInRecovery(JavaClass type) {
    List<String> upwards = List.of("redo", "replay", "membership");
    String part = type.getPackageName().substring(House.RECOVERY.length() + 1).split("\\.")[0];
    String above = String.join("|", upwards.subList(upwards.indexOf(part) + 1, upwards.size()));
    if (above.isEmpty()) {
      Pattern others =
          Pattern.compile("(?!" + READING_LOGS + "$)io\\.weft\\.recovery\\.(redo|replay)\\..*");
      return Uses.ofTypes(type, others);
    }
    return Uses.ofTypes(type, Pattern.compile("io\\.weft\\.recovery\\.(" + above + ")\\..*"));
  }

  private static Stream<String> needlesslyPublic(JavaClass type) {
    String name = type.getSimpleName();
    boolean allowed =
        !type.getModifiers().contains(JavaModifier.PUBLIC)
            || name.endsWith("Module")
            || name.endsWith("Settings")
            || isExported(type)
            || isSharedInItsModule(type);
    return allowed ? Stream.empty() : Stream.of(type.getName());
  }

  private static boolean isExported(JavaClass type) {
    var descriptor = House.MODULES.get(House.moduleOf(type));
    return descriptor != null
        && descriptor.exports().stream()
            .anyMatch(export -> export.source().equals(type.getPackageName()));
  }

  /** Public, because its module has several packages; nobody else sees them. */
  private static boolean isSharedInItsModule(JavaClass type) {
    return type.getDirectDependenciesToSelf().stream()
        .map(Dependency::getOriginClass)
        .anyMatch(
            user ->
                House.moduleOf(user).equals(House.moduleOf(type))
                    && !user.getPackageName().equals(type.getPackageName()));
  }

  /** Whether a class is in an impl-* module: a plugin has its kind in the name of its module. */
  private static boolean isEngine(JavaClass type) {
    String module = House.moduleOf(type);
    return House.isPlugin(module)
        && !module.startsWith("io.weft.plugin.")
        && !module.equals(House.BENCH);
  }

  /** The constructors of a class, as they are written, that have too many parameters. */
  static Stream<String> needsTooMuch(JavaClass type) {
    if (type.isEnum() || type.isAnonymousClass() || type.isLocalClass()) {
      return Stream.empty(); // the compiler adds what they capture
    }
    int added = type.isInnerClass() ? 1 : 0;
    return type.getConstructors().stream()
        .filter(made -> !made.getModifiers().contains(JavaModifier.SYNTHETIC))
        .filter(made -> made.getRawParameterTypes().size() - added > MOST_PARAMETERS)
        .map(
            made ->
                type.getName()
                    + " has a constructor with "
                    + (made.getRawParameterTypes().size() - added)
                    + " parameters");
  }

  private static Stream<String> openFamily(JavaClass type) {
    Class<?> family = type.reflect();
    if (!family.isSealed()) {
      return Stream.of(type.getName() + " is not sealed");
    }
    return Arrays.stream(family.getPermittedSubclasses())
        .filter(member -> !member.isRecord() && !member.isSealed())
        .map(member -> member.getName() + " is not a record");
  }

  private static boolean isInjected(JavaMember member) {
    return member.getAnnotations().stream()
        .map(JavaAnnotation::getRawType)
        .anyMatch(annotation -> INJECT.contains(annotation.getName()));
  }

  private static Stream<String> consoleUse(JavaClass type) {
    boolean launcher = House.moduleOf(type).equals(House.LAUNCHER);
    return Uses.ofMembers(type, CONSOLE)
        .filter(use -> !launcher || use.contains("printStackTrace"));
  }

  private static Stream<String> openClass(JavaClass type) {
    Set<JavaModifier> modifiers = type.getModifiers();
    boolean closed =
        modifiers.contains(JavaModifier.FINAL)
            || modifiers.contains(JavaModifier.ABSTRACT)
            || type.isEnum()
            || type.reflect().isSealed();
    return closed ? Stream.empty() : Stream.of(type.getName());
  }
}
