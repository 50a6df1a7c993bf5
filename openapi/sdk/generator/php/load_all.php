<?php
// Loads every class of the SDK, which shows that each can be compiled.

declare(strict_types=1);

require __DIR__ . '/autoload.php';

$root = __DIR__ . '/client/lib/';
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root)) as $file) {
    if ($file->getExtension() === 'php') {
        $name = strtr(substr($file->getPathname(), strlen($root), -strlen('.php')), '/', '\\');
        if (!class_exists("SpeGateway\\$name") && !interface_exists("SpeGateway\\$name")) {
            fwrite(STDERR, "$name cannot be loaded.\n");
            exit(1);
        }
    }
}
