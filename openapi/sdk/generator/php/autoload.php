<?php
// Loads the SDK without Composer: its own classes, and Guzzle as Debian has it.

require_once '/usr/share/php/GuzzleHttp/autoload.php';

spl_autoload_register(function (string $class): void {
    if (str_starts_with($class, 'SpeGateway\\')) {
        require __DIR__ . '/client/lib/' . strtr(substr($class, strlen('SpeGateway\\')), '\\', '/') . '.php';
    }
});
