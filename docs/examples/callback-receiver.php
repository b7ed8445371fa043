<?php
/*
 * A receiver of AMS Gateway's callbacks in plain PHP (8.0 or newer, no extensions).
 *
 *   CALLBACK_SECRET=change-me php -S 127.0.0.1:8080 callback-receiver.php
 *
 * It lets in whoever brings a valid signature, names the file of a VOD play, orders a recording of
 * lessons, writes down what ended, and stores the picture of a finished recording. Behind a web
 * server the same file works as it is.
 */
declare(strict_types=1);

$secret = getenv('CALLBACK_SECRET') ?: exit('Set CALLBACK_SECRET.');
$data = getenv('CALLBACK_DATA') ?: __DIR__ . '/data'; // events/ and pictures/ are made in it
$vod = getenv('CALLBACK_VOD') ?: '/var/ams/vod'; // where the files of VOD plays are
$recordings = getenv('CALLBACK_RECORDINGS') ?: '/var/ams'; // must exist on the gateway's machine

$call = $_POST['call'] ?? '';

switch ($call) {
    // Asked: the client waits for this answer. 2xx lets it in, anything else refuses it.
    case 'publish':
    case 'play':
        $name = $_POST['name'] ?? '';
        if (!isSigned($secret, $call, $name)) {
            http_response_code(403);
            exit;
        }
        if ($call === 'publish' && str_starts_with($name, 'lesson-')) {
            // These count when the gateway runs with enable_rtmp_record_manual=1.
            header('is_rec: 1');
            header("rec_path: $recordings");
            header("rec_name: $name");
        }
        if ($call === 'play' && in_array(strtolower($_POST['app'] ?? ''), ['vod', 'http_vod'], true)) {
            header('Filename: ' . $vod . '/' . basename($name, '.mp4') . '.mp4');
        }
        break;

    // Told: any answer is fine. One that was repeated has the event_id that we know already.
    case 'publish_done':
    case 'play_done':
        writeDown("$data/events", $_POST);
        break;

    case 'update_publish':
        break; // time, timestamp, totlebyte, dropped: a figure for a dashboard

    case 'record_transfer_done':
    case 'upload_transfer_done':
        $picture = $_FILES['file'] ?? null;
        if ($picture !== null && $picture['error'] === UPLOAD_ERR_OK) {
            $title = pathinfo($_POST['filename'] ?? 'picture', PATHINFO_FILENAME);
            folder("$data/pictures");
            move_uploaded_file($picture['tmp_name'], "$data/pictures/" . basename($title) . '.jpg');
        }
        writeDown("$data/events", $_POST);
        break;

    default:
        http_response_code(400);
}

/**
 * The link that the client was given carries user=, expires= (Unix seconds) and sign=, an
 * HMAC-SHA256 over "CALL/NAME/USER/EXPIRES" as hexadecimal digits.
 */
function isSigned(string $secret, string $call, string $name): bool
{
    $text = static fn (string $key): string => is_string($_POST[$key] ?? null) ? $_POST[$key] : '';
    $expires = $text('expires');
    $sign = hash_hmac('sha256', "$call/$name/{$text('user')}/$expires", $secret);
    return (int) $expires >= time() && hash_equals($sign, $text('sign'));
}

/** One file an event, named by its event_id: a repetition finds its file there and changes nothing. */
function writeDown(string $folder, array $event): void
{
    folder($folder);
    $id = $event['event_id'] ?? '';
    if (!preg_match('/^[0-9a-f-]{36}$/', $id)) {
        return;
    }
    $file = @fopen("$folder/$id.json", 'x');
    if ($file !== false) {
        fwrite($file, json_encode($event, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE));
        fclose($file);
    }
}

function folder(string $path): void
{
    if (!is_dir($path)) {
        @mkdir($path, 0777, true);
    }
}
